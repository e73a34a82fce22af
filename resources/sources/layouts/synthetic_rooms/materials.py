"""What a surface is made of: a named texture recipe with its colours, tile size, gloss and glow.

What does not belong here: how a recipe paints its texture (`textures.py`) and how surfaces are lit (`lighting.py`).
"""

from dataclasses import dataclass, replace

Rgb = tuple[int, int, int]
"""sRGB, 0-255."""


@dataclass(frozen=True)
class Material:
    """One surface material.

    Attributes:
        recipe: name of a function in `textures.py`.
        colors: sRGB colours that the recipe mixes, the first is the main one.
        tile_m: side of the square that the texture covers, metres; 0: the texture is stretched once over its patch.
        grain: whether the texture's first axis must run along the longer side of a patch, as in wood.
        gloss: 0 (matt) to 1 (mirror): weight of the reflection seen straight on is 0.04 of it, at grazing angles all.
        emission: light that the surface sends out itself, as a multiple of its own colour.
        variant: seed of the texture, so that two surfaces of one recipe need not look alike.
    """

    recipe: str
    colors: tuple[Rgb, ...]
    tile_m: float = 1.0
    grain: bool = False
    gloss: float = 0.0
    emission: float = 0.0
    variant: int = 0

    def glowing(self, emission: float) -> "Material":
        """The same material, sending out light."""
        return replace(self, emission=emission)


def wood(color: Rgb, variant: int = 0, gloss: float = 0.25) -> Material:
    """Sawn wood of one tone; the grain's darker tone is derived from it."""
    dark = tuple(int(c * k) for c, k in zip(color, (0.62, 0.56, 0.5), strict=True))
    return Material("wood", (color, dark), tile_m=0.8, grain=True, gloss=gloss, variant=variant)


def painted(color: Rgb, gloss: float = 0.15) -> Material:
    """Lacquered board, plastic or enamel of one colour."""
    return Material("speckle", (color,), tile_m=0.5, gloss=gloss)


def metal(color: Rgb = (188, 190, 194), gloss: float = 0.8) -> Material:
    """Brushed or polished metal."""
    return Material("brushed", (color,), tile_m=0.3, grain=True, gloss=gloss)


def fabric(color: Rgb, variant: int = 0) -> Material:
    """Plain weave."""
    return Material("weave", (color,), tile_m=0.35, variant=variant)


def patterned_fabric(pattern: str, color: Rgb, second: Rgb, tile_m: float = 0.24, variant: int = 0) -> Material:
    """Woven cloth with a pattern: `stripes`, `plaid`, `dots` or `zigzag`."""
    return Material(pattern, (color, second), tile_m=tile_m, variant=variant)


def picture(recipe: str, *colors: Rgb, gloss: float = 0.0, emission: float = 0.0, variant: int = 0) -> Material:
    """An image stretched once over a patch: a painting, a book cover, a screen."""
    return Material(recipe, colors, tile_m=0.0, gloss=gloss, emission=emission, variant=variant)


CERAMIC_GLOSS = 0.5
WHITE: Rgb = (240, 238, 232)
BLACK: Rgb = (34, 35, 38)
PAPER = Material("pages", ((236, 228, 208), (196, 184, 158)), tile_m=0.04)
SOIL = Material("speckle", ((72, 52, 38),), tile_m=0.2, variant=5)
