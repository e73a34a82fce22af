"""What light comes back along a ray: texture times light map, plus glow, plus one mirrored look.

All values are linear light. What does not belong here: making the light map (`lighting.py`), pictures (`render.py`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.atlas import LEVELS, LINEAR
from resources.sources.layouts.synthetic_rooms.scene import Scene

Array = NDArray[np.float32]
ROW = 1024
"""OpenCV's remap wants a picture: look-ups are laid out in rows of this length."""
FACING_REFLECTANCE = 0.04
"""Share of light that a smooth non-metal mirrors when seen straight on (refractive index 1.5)."""
BRIGHTEST_MIRRORED = 0.8
"""A lamp mirrored in a floor would be spread by its roughness; a limit is cheaper than many rays."""
GRAZING = 0.05
"""Smallest cosine by which a pixel's footprint on a surface is widened."""
START_M = np.float32(0.002)
"""Mirrored rays start this far above their surface."""
FAINT = 0.02
"""Mirrored light below this share is left out."""
BLUR_PER_METRE = 0.02
"""A mirrored object is looked up this much coarser for each metre, as on a floor that is not a perfect mirror."""


@dataclass(frozen=True)
class Hits:
    """Where rays met the scene: `(n,)` distances along the ray, triangles, and `(n, 2)` places in the triangle."""

    t: Array
    triangle: NDArray[np.int64]
    place: Array

    def __getitem__(self, index) -> "Hits":
        return Hits(self.t[index], self.triangle[index], self.place[index])


def cast(caster: o3d.t.geometry.RaycastingScene, rays: Array) -> Hits:
    """Hits of rays `(n, 6)` (origin, direction); a ray that leaves the scene has an infinite t and triangle 0."""
    answer = caster.cast_rays(o3d.core.Tensor(rays))
    t = answer["t_hit"].numpy()
    triangle = np.where(np.isfinite(t), answer["primitive_ids"].numpy(), 0).astype(np.int64)
    return Hits(t, triangle, answer["primitive_uvs"].numpy())


def at_hits(table: Array, hits: Hits) -> Array:
    """A table `(f, 3, k)` (first corner, differences of the others) interpolated at the hits: `(n, k)`."""
    found = np.take(table.reshape(len(table), -1), hits.triangle, axis=0).reshape(-1, 3, table.shape[2])
    value = found[:, 1] * hits.place[:, :1]
    value += found[:, 0]
    value += found[:, 2] * hits.place[:, 1:]
    return value


def dot(a: Array, b: Array) -> Array:
    """Scalar products `(n,)` of vectors `(n, 3)`."""
    return np.einsum("ij,ij->i", a, b)


def look_up(image: NDArray, x: Array, y: Array) -> NDArray:
    """Values `(n, c)` of an image at columns x and rows y (texel centres at integers), linearly interpolated."""
    n = len(x)
    padded = np.zeros((2, -(-n // ROW) * ROW), np.float32)
    padded[0, :n], padded[1, :n] = x, y
    maps = padded.reshape(2, -1, ROW)
    return cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR).reshape(-1, image.shape[2])[:n]


def albedo(scene: Scene, material: NDArray[np.int32], texture: Array, level: Array) -> Array:
    """Linear colour `(n, 3)` of textures at u, v `(n, 2)` texels, from the copy that is `2 ** level` times smaller."""
    atlas = scene.atlas
    row = material * LEVELS + np.clip(level, 0, LEVELS - 1).astype(np.int32)
    size = atlas.size[material]
    inside = texture - np.floor(texture / size) * size
    # A picture that is stretched ends exactly at its size, which must not wrap to 0.
    inside = np.where((inside == 0) & (texture > 0), size, inside)
    at = inside * atlas.shrink.reshape(-1, 2)[row] - np.float32(0.5) + atlas.origin.reshape(-1, 2)[row]
    return LINEAR[look_up(atlas.image, at[:, 0], at[:, 1])]


def surface_radiance(scene: Scene, light_map: Array, hits: Hits, pixel_m: Array) -> Array:
    """Light `(n, 3)` that the surfaces at the hits scatter and send out; `pixel_m` is how wide a pixel is there."""
    looked_up = at_hits(scene.lookup, hits)
    material = scene.material[hits.triangle]
    level = np.log2(np.maximum(pixel_m / scene.texel_m[hits.triangle], 1)) + 0.3
    color = albedo(scene, material, looked_up[:, 2:], level)
    emission = np.array([m.emission for m in scene.atlas.materials], np.float32)[material]
    return color * (look_up(light_map, looked_up[:, 0], looked_up[:, 1]) + emission[:, None])


def radiance(scene: Scene, light_map: Array, rays: Array, hits: Hits, pixel_angle: float) -> Array:
    """Light `(n, 3)` that comes back along rays `(n, 6)`, with one mirrored look from glossy surfaces.

    Args:
        pixel_angle: width of a pixel at distance 1, for directions as long as the rays' are.
    """
    direction = rays[:, 3:]
    length = np.sqrt(dot(direction, direction))
    cosine = -dot(np.take(scene.flat_normal, hits.triangle, axis=0), direction) / length
    pixel_m = hits.t * np.float32(pixel_angle) / np.sqrt(np.maximum(cosine, GRAZING))
    light = surface_radiance(scene, light_map, hits, pixel_m)
    gloss = np.array([m.gloss for m in scene.atlas.materials], np.float32)[scene.material[hits.triangle]]
    shiny = np.nonzero(gloss * _mirrored(cosine) > FAINT)[0]
    if len(shiny) == 0:
        return light
    met, onward = hits[shiny], direction[shiny] / length[shiny, None]
    normal = at_hits(scene.normals, met)
    normal /= np.maximum(np.sqrt(dot(normal, normal)), 1e-6)[:, None]
    facing = dot(normal, onward)[:, None]
    start = rays[shiny, :3] + met.t[:, None] * direction[shiny] + START_M * normal
    seen = cast(scene.solids.caster, np.concatenate([start, onward - 2 * facing * normal], 1))
    blur = BLUR_PER_METRE * np.where(np.isfinite(seen.t), seen.t, 0) + pixel_m[shiny]
    weight = gloss[shiny, None] * _mirrored(-facing)
    other = np.minimum(surface_radiance(scene, light_map, seen, blur), BRIGHTEST_MIRRORED)
    light[shiny] += weight * (other - light[shiny])
    return light


def _mirrored(cosine: Array) -> Array:
    """Share of light that a smooth surface mirrors at an angle of incidence (Schlick 1994)."""
    return FACING_REFLECTANCE + (1 - FACING_REFLECTANCE) * (1 - np.clip(cosine, 0, 1)) ** 5
