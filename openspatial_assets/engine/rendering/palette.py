"""The colours that marks are drawn in and that questions name."""

PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (230, 25, 45),
    "blue": (25, 95, 255),
    "green": (25, 170, 60),
    "yellow": (250, 215, 0),
    "purple": (150, 40, 200),
    "orange": (250, 125, 15),
    "cyan": (0, 200, 215),
    "pink": (250, 120, 190),
}
"""Colour name -> RGB, 0-255, in the order in which a picture's marks take them."""
