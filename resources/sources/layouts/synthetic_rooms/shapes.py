"""Surfaces as patches: boxes with rounded edges, surfaces of revolution, tubes, leaves and sheets.

A patch is a grid of vertices. Seen from outside, its first axis (`s`) runs to the right and its second (`t`) down, so
that an image stretched over it stands upright; its outward normal is `t x s`. What does not belong here: what the
shapes are put together to (`furniture.py`), and triangles (`scene.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openspatial_assets.engine.geometry.rotations import matrix_from_rpy
from resources.sources.layouts.synthetic_rooms.materials import Material

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Patch:
    """One curved quadrilateral.

    Attributes:
        vertices: `(n, m, 3)` metres; n along s, m along t.
        normals: `(n, m, 3)` outward, unit length.
        material: what it is made of.
        texture_origin: `(2,)` where on a tiled texture its first vertex lies, metres.
    """

    vertices: Array
    normals: Array
    material: Material
    texture_origin: tuple[float, float] = (0.0, 0.0)

    @property
    def parameters(self) -> tuple[Array, Array]:
        """`(n,)` and `(m,)`: distance along s and along t, averaged over the patch, metres."""
        along_s = np.linalg.norm(np.diff(self.vertices, axis=0), axis=-1).mean(1)
        along_t = np.linalg.norm(np.diff(self.vertices, axis=1), axis=-1).mean(0)
        return np.concatenate([[0.0], np.cumsum(along_s)]), np.concatenate([[0.0], np.cumsum(along_t)])

    def moved(self, target_from_local: ArrayLike) -> "Patch":
        """The same patch after a rigid transform `(4, 4)`."""
        t = np.asarray(target_from_local, np.float64)
        return replace(self, vertices=self.vertices @ t[:3, :3].T + t[:3, 3], normals=self.normals @ t[:3, :3].T)


Patches = tuple[Patch, ...]


def rigid(translation: ArrayLike = (0, 0, 0), rpy: ArrayLike = (0, 0, 0)) -> Array:
    """Rigid transform `(4, 4)` from metres and radians."""
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = matrix_from_rpy(rpy), translation
    return transform


def moved(patches: Sequence[Patch], translation: ArrayLike = (0, 0, 0), rpy: ArrayLike = (0, 0, 0)) -> Patches:
    """Patches turned about their origin by roll, pitch, yaw, then shifted."""
    return tuple(patch.moved(rigid(translation, rpy)) for patch in patches)


def quad(corner: ArrayLike, along_s: ArrayLike, along_t: ArrayLike, material: Material, **fields) -> Patch:
    """A flat parallelogram from its upper left corner (seen from outside) and its two edges, metres."""
    corner, s, t = (np.asarray(a, np.float64) for a in (corner, along_s, along_t))
    vertices = corner + np.array([[0 * s, t], [s, s + t]])
    normal = np.cross(t, s)
    return Patch(vertices, np.broadcast_to(normal / np.linalg.norm(normal), (2, 2, 3)), material, **fields)


FACES = {
    "front": ((1, 0, 0), (0, 0, -1)),
    "back": ((-1, 0, 0), (0, 0, -1)),
    "right": ((0, 1, 0), (0, 0, -1)),
    "left": ((0, -1, 0), (0, 0, -1)),
    "top": ((1, 0, 0), (0, -1, 0)),
    "bottom": ((1, 0, 0), (0, 1, 0)),
}
"""Face of a box -> its s and t directions. Furniture faces -y, so `right` is +x."""


def box(
    size: ArrayLike,
    center: ArrayLike,
    material: Material,
    radius: float = 0.0,
    steps: int = 1,
    faces: Mapping[str, Material] | None = None,
) -> Patches:
    """A box whose edges are rounded.

    Args:
        size: `(3,)` full lengths, metres.
        center: `(3,)` metres.
        radius: of the edges, metres; 0 for sharp ones.
        steps: facets from a face to the middle of a rounded edge.
        faces: another material for some of the `FACES`.
    """
    half = np.asarray(size, np.float64) / 2
    radius = min(radius, 0.999 * half.min())
    patches = []
    for name, (s, t) in FACES.items():
        s, t = np.array(s, np.float64), np.array(t, np.float64)
        outward = np.cross(t, s)
        a, b = (_rounded_steps(np.abs(axis) @ half, radius, steps) for axis in (s, t))
        surface = a[:, None, None] * s + b[None, :, None] * t + outward * half
        inner = np.clip(surface, radius - half, half - radius)
        away = surface - inner if radius > 0 else np.broadcast_to(outward, surface.shape)
        normals = away / np.linalg.norm(away, axis=-1, keepdims=True)
        vertices = inner + radius * normals + np.asarray(center, np.float64)
        patches.append(Patch(vertices, normals, (faces or {}).get(name, material)))
    return tuple(patches)


def _rounded_steps(half: float, radius: float, steps: int) -> Array:
    """Grid lines across a face: even angles over both rounded edges, nothing between."""
    if radius <= 0:
        return np.array([-half, half])
    edge = half - radius + radius * np.tan(np.linspace(0, np.pi / 4, steps + 1))
    return np.concatenate([-edge[::-1], edge])


def cushion(size: ArrayLike, center: ArrayLike, material: Material, plump: float = 0.5) -> Patches:
    """A pillow, lying flat: thick in the middle, thin at its seams.

    Args:
        plump: exponent of the thickness; small is flat with steep edges, 1 is a lens.
    """
    half = np.asarray(size, np.float64) / 2
    line = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 13))
    u, v = line[:, None], line[None, :]
    pinch = 1 - 0.07 * (1 - u**2) * v**8, 1 - 0.07 * (1 - v**2) * u**8
    thickness = ((1 - u**2) * (1 - v**2)) ** plump
    x, y, z = half[0] * u * pinch[1], half[1] * v * pinch[0], half[2] * thickness
    top = np.stack(np.broadcast_arrays(x, -y, z), axis=-1) + np.asarray(center)
    bottom = np.stack(np.broadcast_arrays(x, y, -z), axis=-1) + np.asarray(center)
    return (surface(top, material), surface(bottom, material))


def surface(vertices: ArrayLike, material: Material) -> Patch:
    """A patch with smooth normals from its own grid `(n, m, 3)`; degenerate rows take their neighbours' normals."""
    vertices = np.asarray(vertices, np.float64)
    normals = np.cross(np.gradient(vertices, axis=1), np.gradient(vertices, axis=0))
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    if (length < 1e-12).any():
        inner = normals[1:-1, 1:-1]
        normals = np.where(length < 1e-12, np.pad(inner, ((1, 1), (1, 1), (0, 0)), mode="edge"), normals)
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return Patch(vertices, normals / np.maximum(length, 1e-12), material)


def lathe(
    profiles: Sequence[ArrayLike],
    material: Material | Sequence[Material],
    center: ArrayLike = (0, 0, 0),
    segments: int = 24,
) -> Patches:
    """Surfaces of revolution about the z axis.

    Args:
        profiles: smooth runs `(n, 2)` of radius and z, metres. Going down makes a surface that faces outward, going
            outward one that faces up; so a solid is listed from the top of its axis to the bottom.
        material: of all runs, or one a run.
        segments: corners of a circle; a multiple of 4, so that the extents are exactly the diameter.
    """
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    ring[-1] = ring[0]
    materials = [material] * len(profiles) if isinstance(material, Material) else material
    patches = []
    for profile, of_run in zip(profiles, materials, strict=True):
        profile = np.asarray(profile, np.float64)
        slope = np.gradient(profile, axis=0) if len(profile) > 2 else np.diff(profile, axis=0).repeat(2, axis=0)
        slope /= np.linalg.norm(slope, axis=-1, keepdims=True)
        up = np.array([0.0, 0.0, 1.0])
        vertices = ring[:, None] * profile[:, :1] + up * profile[:, 1:] + np.asarray(center, np.float64)
        normals = ring[:, None] * -slope[:, 1:] + up * slope[:, :1]
        patches.append(Patch(vertices, normals, of_run))
    return tuple(patches)


def cylinder(
    radius: float, bottom: float, top: float, material: Material, center: ArrayLike = (0, 0), segments: int = 24,
    top_radius: float | None = None,
) -> Patches:  # fmt: skip
    """A standing cylinder, or a truncated cone, from z = bottom to top, metres."""
    upper = radius if top_radius is None else top_radius
    runs = [[(0, top), (upper, top)], [(upper, top), (radius, bottom)], [(radius, bottom), (0, bottom)]]
    return lathe(runs, material, (*center, 0.0), segments)


def ellipsoid(semi_axes: ArrayLike, center: ArrayLike, material: Material, segments: int = 16) -> Patches:
    """A sphere stretched along the axes, metres."""
    angle = np.linspace(0, np.pi, segments // 2 + 1)
    (patch,) = lathe([np.stack([np.sin(angle), np.cos(angle)], -1)], material, segments=segments)
    semi_axes = np.asarray(semi_axes, np.float64)
    normals = patch.vertices / semi_axes
    normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    return (Patch(patch.vertices * semi_axes + np.asarray(center), normals, material),)


def tube(path: ArrayLike, radius: ArrayLike, material: Material, segments: int = 8) -> Patches:
    """A round bar along a path, closed at both ends.

    Args:
        path: `(n, 3)` metres.
        radius: one, or `(n,)` along the path, metres.
    """
    path = np.asarray(path, np.float64)
    radius = np.broadcast_to(np.asarray(radius, np.float64), len(path))
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    side = np.eye(3)[np.abs(along[0]).argmin()]
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    rings, spokes = [], []
    for point, direction, r in zip(path, along, radius, strict=True):
        side = side - direction * (side @ direction)
        side /= np.linalg.norm(side)
        spoke = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(side, direction)
        spoke[-1] = spoke[0]
        spokes.append(spoke)
        rings.append(point + r * spoke)
    wall = Patch(np.stack(rings, 1), np.stack(spokes, 1), material)
    first, last = (np.broadcast_to(path[i], rings[i].shape) for i in (0, -1))
    ends = [
        Patch(np.stack(fan, 1), np.broadcast_to(outward, (len(angle), 2, 3)), material)
        for fan, outward in (((first, rings[0]), -along[0]), ((rings[-1], last), along[-1]))
    ]
    return (wall, *ends)


def leaf(length: float, width: float, droop: float, material: Material, thickness: float = 0.003) -> Patches:
    """A leaf that grows from the origin along +x, bending down; lens-shaped, so that it is closed.

    Args:
        length, width: metres.
        droop: angle by which the tip points further down than the stem, radians.
    """
    t = np.linspace(0, 1, 9)
    angle = droop * t
    step = length / (len(t) - 1)
    x = np.concatenate([[0], np.cumsum(np.cos(angle[:-1]) * step)])
    z = np.concatenate([[0], np.cumsum(-np.sin(angle[:-1]) * step)])
    outline = np.sin(np.pi * t**0.8) * (1 - 0.25 * t)
    across = np.linspace(-1, 1, 5)
    y = across[:, None] * width / 2 * outline
    fold = np.abs(across)[:, None] * width * 0.12 * outline
    height = thickness / 2 * (1 - across[:, None] ** 2) * np.sin(np.pi * t)
    normal = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], -1)
    middle = np.stack(np.broadcast_arrays(x, y, z + fold), -1)
    upper, lower = middle + height[..., None] * normal, middle - height[..., None] * normal
    return (surface(upper, material), surface(lower[::-1], material))
