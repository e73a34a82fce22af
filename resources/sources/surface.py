"""The mesh of a scene, where depth is rendered from it because the cameras took none.

What does not belong here: rendering (`resources/mesh_depth.py`), and which file it is (the layouts).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SceneSurface:
    """A mesh file, and where it lies in the world of the scene's poses.

    Attributes:
        path: PLY or OBJ.
        world_from_mesh: `(4, 4)` rigid.
    """

    path: str
    world_from_mesh: NDArray[np.float64]
