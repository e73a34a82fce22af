"""The eight directions in which things lie around a person: their names, and which one it is.

A bearing is measured in the horizontal plane, clockwise as seen from above, in degrees from where the person looks, or
from north. World z is up. What does not live here: directions in an image, and motions of a camera.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.grammar import listed

SECTORS = 8
SECTOR_DEG = 360.0 / SECTORS
QUARTERS = (0, 2, 4, 6)
"""The sectors straight ahead, to the right, behind and to the left."""


@dataclass(frozen=True)
class Compass:
    """One way to speak of the eight directions, clockwise from the front or from north.

    Attributes:
        names: canonical.
        places: how a sentence says that something lies there.
        straight: how it says that something lies exactly there.
    """

    names: tuple[str, ...]
    places: tuple[str, ...]
    straight: tuple[str, ...]

    @property
    def choice(self) -> str:
        """All names, as a question offers them."""
        return listed(self.names, "or")


_SIDES = ("front", "front-right", "right", "back-right", "back", "back-left", "left", "front-left")
_WINDS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
_SAID = {"front": "in front of you", "back": "behind you"}

EGOCENTRIC = Compass(
    _SIDES,
    tuple(_SAID.get(side, f"to your {side}") for side in _SIDES),
    tuple(f"directly {_SAID.get(side, f'to your {side}')}" for side in _SIDES),
)
CARDINAL = Compass(_WINDS, tuple(f"{wind} of you" for wind in _WINDS), tuple(f"due {wind} of you" for wind in _WINDS))


def clockwise_deg(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle `(*,)` from vectors `start` to `end` `(*, 2)`, clockwise seen from above, degrees from 0 to below 360."""
    turn = np.arctan2(start[..., 1], start[..., 0]) - np.arctan2(end[..., 1], end[..., 0])
    return np.degrees(turn) % 360.0 % 360.0  # a tiny negative angle gives 360 at first


def sector_of(bearing_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """`(*,)` index of the direction nearest to each bearing."""
    return np.rint(bearing_deg / SECTOR_DEG).astype(np.int64) % SECTORS


def off_axis_deg(bearing_deg: NDArray[np.float64], sector: NDArray[np.int64]) -> NDArray[np.float64]:
    """`(*,)` degrees, at most 180, between each bearing and the middle of its sector."""
    return np.abs((bearing_deg - sector * SECTOR_DEG + 180.0) % 360.0 - 180.0)


def swing_deg(shift: float, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(*,)` degrees by which the bearing of a point at `distance` turns at most when both ends move by `shift`."""
    return np.degrees(np.arcsin(np.clip(2.0 * shift / np.maximum(distance, 2.0 * shift), 0.0, 1.0)))
