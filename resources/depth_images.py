"""Depth that the project makes itself, as 16-bit images beside a table's rows.

What does not belong here: making it (`depth_estimator`, `mesh_depth.py`), and reading images (`images.py`).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import fsspec
import numpy as np
from numpy.typing import NDArray

from resources.files import write_whole
from resources.images import NO_DEPTH_U16

SIGNATURE_BYTES = 16
NAME_DIGITS = 12
"""Hex digits of its bytes' hash in the name of a depth image."""

PNG_COMPRESSION = 1
"""zlib's level 1 of 9: depth images come out 5 % larger than at level 3, in half the time."""


@dataclass(frozen=True)
class DepthFolder:
    """Where depth images are put, and what they are called: by frame and content, so that none is written over."""

    filesystem: fsspec.AbstractFileSystem
    root: str
    folder: str

    @classmethod
    def of(cls, folder: str) -> "DepthFolder":
        """The folder of a path or fsspec URL."""
        filesystem, root = fsspec.core.url_to_fs(folder)
        return cls(filesystem, root.rstrip("/"), folder.rstrip("/"))

    def row(
        self,
        frame_id: str,
        depth: NDArray[np.float32],
        intrinsics: NDArray[np.float64],
        scale: float,
        estimator: str,
        disagreement: float | None,
    ) -> dict[str, Any]:
        """The row of a depth map `(h, w)`, whose image is written; `scale` is stored values a world unit.

        Raises:
            OSError: the image cannot be written.
        """
        data = _encoded(depth, scale)
        name = f"{frame_id}-{hashlib.blake2b(data).hexdigest()[:NAME_DIGITS]}.png"
        write_whole(self.filesystem, f"{self.root}/{name}", data, f"the depth of frame {frame_id}")
        return {
            "frame_id": frame_id,
            "depth": f"{self.folder}/{name}",
            "depth_scale": scale,
            "width": depth.shape[1],
            "height": depth.shape[0],
            "intrinsics": np.asarray(intrinsics).tolist(),
            "estimator": estimator,
            "coverage": np.count_nonzero(depth) / depth.size,
            "disagreement": disagreement,
            "signature": hashlib.blake2b(data, digest_size=SIGNATURE_BYTES).hexdigest(),
        }


def fitting_scale(deepest: float) -> float:
    """Stored values a world unit: the power of ten with which the deepest value still fits into 16 bits."""
    return float(10.0 ** np.floor(np.log10((NO_DEPTH_U16 - 1) / deepest)))


def _encoded(depth: NDArray[np.float32], scale: float) -> bytes:
    stored = np.rint(depth.astype(np.float64) * scale).astype(np.uint16)
    return cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION])[1].tobytes()
