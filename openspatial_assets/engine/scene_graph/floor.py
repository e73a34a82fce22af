"""The floor of a scene as a grid: where one can walk, and which straight walks stay on it.

What does not live here: how the grid is made of depth images (`ground.py`), and what boxes block (a route's matter).
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

WAYS_AT_ONCE = 1024
"""Ways that are followed over the grid together: of 200 cells each, arrays of 7 MB."""

MAY_BE_ZERO = ("min_floor_share", "min_camera_height_m", "obstacle_bottom_m", "body_radius_m", "passed_radius_m")
"""Settings that zero switches off."""


@dataclass(frozen=True)
class FloorSettings:
    """How the ground is mapped, and what counts as walkable.

    Attributes:
        cell_m: side of a cell: half the width of a stride, and as coarse as the pixels lie far away.
        layer_m: thickness of the layers in which points are counted: finer than the noise of a depth camera.
        samples_across: depth pixels looked at in a row of the image; as densely down the columns.
        max_depth_m: farther pixels are too noisy, and too few to fill cells.
        max_depth_step: share of the depth by which neighbouring pixels may differ; more is an edge, whose pixels hang
            in the air between two surfaces.
        min_floor_area_m2: of a horizontal layer that may be the floor.
        min_floor_share: of the largest horizontal layer's area, at least so much: reflections lie below the floor.
        min_camera_height_m: of the middle camera above the floor: nearer layers are tables.
        floor_tolerance_m: a point this near the floor's height lies on it.
        obstacle_bottom_m, obstacle_top_m: heights above the floor between which a point blocks the way.
        min_floor_points: points that make a cell floor.
        min_obstacle_points: points that make a cell blocked.
        body_radius_m: nobody walks nearer than this to a blocked cell, centre to centre: half of a person's width.
        passed_radius_m: around the camera's path, the cells that whoever carried it passed.

    Raises:
        ValueError: a setting is out of its range.
    """

    cell_m: float = 0.1
    layer_m: float = 0.02
    samples_across: int = 160
    max_depth_m: float = 5.0
    max_depth_step: float = 0.03
    min_floor_area_m2: float = 0.5
    min_floor_share: float = 0.05
    min_camera_height_m: float = 1.0
    floor_tolerance_m: float = 0.08
    obstacle_bottom_m: float = 0.1
    obstacle_top_m: float = 1.5
    min_floor_points: int = 2
    min_obstacle_points: int = 3
    body_radius_m: float = 0.2
    passed_radius_m: float = 0.3

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 0 or (value == 0 and name not in MAY_BE_ZERO):
                raise ValueError(f"setting floor.{name} is {value}, but must be above 0")
        if self.obstacle_bottom_m >= self.obstacle_top_m:
            raise ValueError(
                f"setting floor.obstacle_bottom_m is {self.obstacle_bottom_m}, but must be below obstacle_top_m, "
                f"{self.obstacle_top_m}"
            )


@dataclass(frozen=True)
class Floor:
    """Where one can walk.

    Attributes:
        origin: `(2,)` world x, y of the corner of cell (0, 0), metres.
        cell_m: side of a cell, metres.
        height: world z of the floor, metres.
        walkable: `(ny, nx)` whether a cell is free ground.
    """

    origin: NDArray[np.float64]
    cell_m: float
    height: float
    walkable: NDArray[np.bool_]

    def free_along(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`(n,)` whether every cell that the straight ways from `starts` to `ends` `(n, 2)` pass through is walkable.

        A way is cut where it crosses the lines of the grid; the middle of each part tells the part's cell.
        """
        start, end = (starts - self.origin) / self.cell_m, (ends - self.origin) / self.cell_m
        parts = range(0, len(start), WAYS_AT_ONCE)
        free = [self._free(start[part : part + WAYS_AT_ONCE], end[part : part + WAYS_AT_ONCE]) for part in parts]
        return np.concatenate([np.empty(0, np.bool_), *free])

    def _free(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.bool_]:
        """As `free_along`, for ways in units of cells."""
        low, high = np.minimum(start, end), np.maximum(start, end)
        most = int(np.ceil(high - low).max()) + 1
        lines = np.floor(low)[..., None] + np.arange(1, most + 1)  # (n, 2, most): what may be crossed on each axis
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = (lines - start[..., None]) / (end - start)[..., None]
        shares = np.where(lines < high[..., None], shares, 1.0).reshape(len(start), -1)
        cuts = np.sort(np.pad(shares, ((0, 0), (1, 1)), constant_values=(0.0, 1.0)), axis=1)
        middles = (cuts[:, 1:] + cuts[:, :-1]) / 2
        passed = start[:, None] + middles[..., None] * (end - start)[:, None]
        return self._walkable_at(np.floor(passed).astype(np.int64)).all(axis=1)

    def _walkable_at(self, cells: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether cells `(*, 2)` (x, y) are walkable; none outside of the grid is."""
        size = np.array(self.walkable.shape[::-1])
        inside = ((cells >= 0) & (cells < size)).all(axis=-1)
        x, y = np.moveaxis(np.clip(cells, 0, size - 1), -1, 0)
        return inside & self.walkable[y, x]
