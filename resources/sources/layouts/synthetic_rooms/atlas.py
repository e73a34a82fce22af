"""All textures of a room in one image, each with its smaller copies, so that one look-up serves every pixel.

What does not belong here: how textures are painted (`textures.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.materials import Material
from resources.sources.layouts.synthetic_rooms.shapes import Patch
from resources.sources.layouts.synthetic_rooms.textures import paint

WIDTH = 4096
"""Columns of the atlas; OpenCV's remap takes images of less than 32,768 pixels a side."""
SMALLEST = 4
"""The last copy of a texture is about this many texels wide."""
LEVELS = 9
PAD = 1
"""Texels around each copy, so that interpolation at its edge meets its other side (or the same texel again)."""


@dataclass(frozen=True, eq=False)
class TextureAtlas:
    """Textures of a room.

    Attributes:
        image: `(h, w, 3)` uint8 sRGB.
        index: material -> its row in the tables below.
        materials: in the order of `index`.
        size: `(k, 2)` width and height of each texture at full size, texels.
        origin: `(k, LEVELS, 2)` x, y of the first texel of each copy; levels beyond the last repeat it.
        shrink: `(k, LEVELS, 2)` width and height of the copy / full width and height.
        mean: `(k, 3)` linear albedo of the whole texture.
    """

    image: NDArray[np.uint8]
    index: dict[Material, int]
    materials: tuple[Material, ...]
    size: NDArray[np.float32]
    origin: NDArray[np.float32]
    shrink: NDArray[np.float32]
    mean: NDArray[np.float32]

    def texture_coordinates(self, patch: Patch, s: NDArray, t: NDArray) -> tuple[NDArray, NDArray, float]:
        """u and v in texels of every vertex, `(n, m)` broadcastable, and the size of a texel in metres.

        `s` and `t` are the patch's parameters in metres. Wood runs along the longer side.
        """
        material = patch.material
        width, height = self.size[self.index[material]]
        if material.tile_m == 0:
            texel_m = max(s[-1] / width, t[-1] / height)
            return s[:, None] / max(s[-1], 1e-9) * width, t[None, :] / max(t[-1], 1e-9) * height, texel_m
        texel_m = material.tile_m / width
        u, v = (s + patch.texture_origin[0])[:, None] / texel_m, (t + patch.texture_origin[1])[None, :] / texel_m
        if material.grain and t[-1] > s[-1]:
            u, v = v, u
        return u, v, texel_m


def linear_from_srgb(value: NDArray) -> NDArray:
    """Linear light from sRGB values, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(value: NDArray) -> NDArray:
    """sRGB values from linear light, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-12) ** (1 / 2.4) - 0.055)


LINEAR = linear_from_srgb(np.arange(256) / 255).astype(np.float32)
"""Linear light of the 256 values of an sRGB image."""


def build_atlas(materials: Sequence[Material]) -> TextureAtlas:
    """Paint every material once and pack the textures with their smaller copies, the tallest first."""
    unique = tuple(dict.fromkeys(materials))
    copies = [(k, level, copy) for k, material in enumerate(unique) for level, copy in enumerate(_copies(material))]
    places, x, y, row = {}, 0, 0, 0
    for k, level, copy in sorted(copies, key=lambda item: (-item[2].shape[0], item[0], item[1])):
        high, wide = copy.shape[:2]
        if x + wide > WIDTH:
            x, y, row = 0, y + row, 0
        places[k, level] = (x, y)
        x, row = x + wide, max(row, high)
    image = np.zeros((y + row, WIDTH, 3), np.uint8)
    size, mean = np.zeros((len(unique), 2), np.float32), np.zeros((len(unique), 3), np.float32)
    origin, shrink = np.zeros((2, len(unique), LEVELS, 2), np.float32)
    for k, level, copy in copies:
        (x, y), (high, wide) = places[k, level], copy.shape[:2]
        image[y : y + high, x : x + wide] = copy
        inner = np.array([wide - 2 * PAD, high - 2 * PAD])
        if level == 0:
            size[k] = inner
            mean[k] = LINEAR[copy[PAD:-PAD, PAD:-PAD]].mean((0, 1))
        origin[k, level:] = (x + PAD, y + PAD)
        shrink[k, level:] = inner / size[k]
    return TextureAtlas(image, {m: k for k, m in enumerate(unique)}, unique, size, origin, shrink, mean)


def _copies(material: Material) -> list[NDArray[np.uint8]]:
    """The texture at full, half, quarter... size, each padded: around the other side if it is tiled."""
    picture = np.round(paint(material) * 255).astype(np.uint8)
    border = cv2.BORDER_WRAP if material.tile_m else cv2.BORDER_REPLICATE
    copies = []
    while len(copies) < LEVELS:
        copies.append(cv2.copyMakeBorder(picture, PAD, PAD, PAD, PAD, border))
        height, width = picture.shape[:2]
        if min(height, width) < 2 * SMALLEST:
            break
        picture = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return copies
