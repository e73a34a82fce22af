"""The table `depth_maps` of a scene whose cameras took no depth, but whose surface was scanned: rendered from its mesh.

The work is in two steps, so that many processes can share it: `rendered_depth_of_frames` draws some frames, and
`rendered_depth_maps_of` puts the images of all in place. What does not belong here: rendering
(`resources/mesh_depth.py`), and depth that is estimated (`depth_maps.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from resources.mesh_depth import rendered_depth

from openspatial_assets.engine.geometry.cameras import Camera
from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings
from resources.depth_images import DepthFolder, fitting_scale
from resources.images import ImageError, decode_grey
from resources.sources.frame_files import FrameEntry
from resources.sources.surface import SceneSurface
from resources.stored_images import read_stored
from resources.tables import DEPTH_MAPS

ESTIMATOR = "mesh"


@dataclass(frozen=True)
class RenderedDepth:
    """The depth of one frame.

    Attributes:
        frame_id: of the frame.
        intrinsics: `(4,)` fx, fy, cx, cy of the depth image, pixels.
        depth: `(h, w)` camera z, metres; 0 = none.
    """

    frame_id: str
    intrinsics: NDArray[np.float64]
    depth: NDArray[np.float32]


def rendered_depth_of_frames(
    surface: SceneSurface, entries: Sequence[FrameEntry], settings: DepthMapSettings
) -> list[RenderedDepth]:
    """The depth of the frames whose image can be read; the others will be named when frames are read.

    Raises:
        SourceError: the mesh is missing or broken.
    """
    named, cameras = [], []
    for entry in entries:
        if camera := _camera(entry, settings.rendered_side):
            named.append(entry.frame_id)
            cameras.append(camera)
    depths = rendered_depth(surface, cameras)
    return [
        RenderedDepth(name, camera.intrinsics, depth)
        for name, camera, depth in zip(named, cameras, depths, strict=True)
    ]


def rendered_depth_maps_of(rendered: Iterable[RenderedDepth], folder: str) -> pl.DataFrame:
    """The rows of `depth_maps`, sorted by frame; the depth images are written to `folder`, a path or fsspec URL.

    Raises:
        OSError: an image cannot be written.
    """
    place, rows = DepthFolder.of(folder), []
    for one in rendered:
        scale = fitting_scale(float(one.depth.max()) or 1.0)
        rows.append(place.row(one.frame_id, one.depth, one.intrinsics, scale, ESTIMATOR, None))
    return pl.DataFrame(rows, schema=DEPTH_MAPS.schema).sort("frame_id")


def _camera(entry: FrameEntry, longest_side: int) -> Camera | None:
    """The camera that depth is drawn for: of the colour image, or of a smaller one; None where that cannot be read."""
    if entry.problem:
        return None
    try:
        height, width = decode_grey(read_stored(entry.image), entry.image).shape
    except ImageError:
        return None
    pose = np.reshape(entry.world_from_camera, (4, 4))
    return Camera(width, height, np.array(entry.intrinsics), pose).shrunk(longest_side)
