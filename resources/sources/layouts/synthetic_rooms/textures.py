"""How each material recipe paints its texture: `(n, n, 3)` sRGB images, 0 to 1, from colours and a seed.

A recipe is a function `(colors (k, 3), rng) -> image`, found by its name in `RECIPES`. Recipes of tiled materials wrap
around at their edges. Pictures that are stretched once over a surface are painted in `pictures.py`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from resources.sources.layouts.synthetic_rooms.materials import Material
from resources.sources.layouts.synthetic_rooms.pictures import PICTURES

Image = NDArray[np.float32]
SIZE = 512
"""Pixels along the side of a texture: 2 mm a pixel on a tile of one metre, finer than a pixel seen from 1 m."""
FLOOR_SIZE = 1024
"""Floors cover two metres a tile and are seen from nearby."""


def paint(material: Material) -> Image:
    """The texture of a material, `(n, n, 3)` sRGB, 0 to 1; the same bytes on every call.

    Raises:
        KeyError: if no recipe has the material's name.
    """
    colors = np.asarray(material.colors, np.float32) / 255
    seed = [material.variant, *material.recipe.encode(), *np.ravel(material.colors).astype(int)]
    return np.clip(RECIPES[material.recipe](colors, np.random.default_rng(seed)), 0, 1).astype(np.float32)


def noise(rng: np.random.Generator, size: int, slope: float, stretch: float = 1.0) -> Image:
    """Tileable noise `(size, size)`, mean 0, deviation 1, with power falling as frequency ** -2 slope.

    `stretch` > 1 makes structures that many times longer along the columns (axis 1).
    """
    rows, columns = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    frequency = np.sqrt(rows**2 + (columns * stretch) ** 2)
    frequency[0, 0] = np.inf
    white = rng.standard_normal((size, size), dtype=np.float32)
    field = np.fft.irfft2(np.fft.rfft2(white) * (frequency**-slope).astype(np.float32), s=(size, size))
    return (field - field.mean()) / field.std()


def _mix(a: NDArray, b: NDArray, weight: NDArray) -> Image:
    """Blend of two colours `(3,)` by a weight field `(n, n)`, clipped to 0 to 1."""
    weight = np.clip(weight, 0, 1)[..., None]
    return a * (1 - weight) + b * weight


def _grid(size: int) -> tuple[Image, Image]:
    """Row and column position of every pixel centre, 0 to 1."""
    position = ((np.arange(size) + 0.5) / size).astype(np.float32)
    return position[:, None], position[None, :]


def wood(colors: NDArray, rng: np.random.Generator, size: int = SIZE) -> Image:
    rows, _ = _grid(size)
    rings = np.sin(2 * np.pi * (7 * rows + 0.5 * noise(rng, size, 1.6, 9.0)))
    streaks = noise(rng, size, 0.55, 30.0)
    return _mix(colors[0], colors[1], 0.34 + 0.2 * rings + 0.14 * streaks) * (
        1 + 0.03 * noise(rng, size, 1.2, 3.0)[..., None]
    )


def planks(colors: NDArray, rng: np.random.Generator) -> Image:
    """Floor boards along the columns: rows with staggered ends, each board of its own tone."""
    size, count = FLOOR_SIZE, 14
    grain = wood(colors, rng, size)
    rows, columns = _grid(size)
    row = np.minimum((rows * count).astype(int), count - 1)
    starts = rng.uniform(0, 1, count).astype(np.float32)[row]
    board = ((columns + starts) % 1 * 2).astype(int)
    tone = rng.normal(1.0, 0.11, (count, 2)).astype(np.float32)[row, board]
    tint = rng.normal(1.0, 0.015, (count, 2, 3)).astype(np.float32)[row, board]
    across = np.abs((rows * count) % 1 - 0.5) > 0.5 - 1.3 * count / size
    along = np.abs(((columns + starts) % 1 * 2) % 1 - 0.5) > 0.5 - 2.6 / size
    rolled = np.take_along_axis(grain, ((np.arange(size)[None, :] + row * 131 + board * 377) % size)[..., None], axis=1)
    return rolled * tone[..., None] * tint * np.where(across | along, 0.5, 1.0)[..., None]


def tiles(colors: NDArray, rng: np.random.Generator) -> Image:
    """Square floor tiles in two tones, with grout of the third."""
    size, count = FLOOR_SIZE, 6
    rows, columns = _grid(size)
    row, column = (rows * count).astype(int), (columns * count).astype(int)
    checker = ((row + column) % 2).astype(np.float32)
    tone = rng.normal(1.0, 0.045, (count, count)).astype(np.float32)[row, column]
    cloud = 1 + 0.035 * noise(rng, size, 1.4)
    face = _mix(colors[0], colors[1], checker) * (tone * cloud)[..., None]
    edge = 0.5 - 0.016
    grout = (np.abs(rows * count % 1 - 0.5) > edge) | (np.abs(columns * count % 1 - 0.5) > edge)
    return np.where(grout[..., None], colors[2] * (1 + 0.05 * noise(rng, size, 0.6))[..., None], face)


def herringbone(colors: NDArray, rng: np.random.Generator) -> Image:
    """Parquet blocks, five times as long as wide, laid in alternating right angles."""
    size, count, length = FLOOR_SIZE, 20, 5
    rows, columns = _grid(size)
    i, j = (rows * count).astype(int), (columns * count).astype(int)
    diagonal = (i + j) % (2 * length)
    lying = diagonal < length
    block = np.where(
        lying, (j - diagonal) % count + count * i, (i - diagonal + length) % count + count * j + count * count
    )
    tone = rng.normal(1.0, 0.1, 2 * count * count).astype(np.float32)[block]
    a, b = wood(colors, rng, size), wood(colors, rng, size).transpose(1, 0, 2)
    face = np.where(lying[..., None], a, b) * tone[..., None]
    f, g = rows * count % 1, columns * count % 1
    gap = 0.045
    side = np.where(lying, (f < gap) | (f > 1 - gap), (g < gap) | (g > 1 - gap))
    ends = np.where(lying, (diagonal == 0) & (g < gap), (diagonal == length) & (f < gap))
    return face * np.where(side | ends, 0.62, 1.0)[..., None]


def speckle(colors: NDArray, rng: np.random.Generator) -> Image:
    size = SIZE // 4
    return colors[0] * (1 + 0.02 * noise(rng, size, 0.4) + 0.006 * noise(rng, size, 1.5))[..., None]


def plaster(colors: NDArray, rng: np.random.Generator) -> Image:
    return colors[0] * (1 + 0.012 * noise(rng, SIZE, 1.2) + 0.012 * noise(rng, SIZE, 0.3))[..., None]


def wallpaper(colors: NDArray, rng: np.random.Generator) -> Image:
    """Vertical stripes with a row of leaves in every second one."""
    rows, columns = _grid(SIZE)
    stripe = (np.sin(2 * np.pi * columns * 8) > 0).astype(np.float32)
    x, y = (columns * 8 - 0.25 + 0.5) % 1 - 0.5, (rows * 8) % 1 - 0.5
    leaf = (np.abs(x) + 0.10 * np.sin(y * 6.28)) ** 2 * 60 + y**2 * 9 < 1
    face = _mix(colors[0], colors[1], 0.35 * stripe + 0.65 * leaf)
    return face * (1 + 0.012 * noise(rng, SIZE, 0.5))[..., None]


def brushed(colors: NDArray, rng: np.random.Generator) -> Image:
    return colors[0] * (1 + 0.05 * noise(rng, SIZE // 2, 0.4, 25.0))[..., None]


def _threads(rng: np.random.Generator, count: int = 64) -> Image:
    """Brightness of a plain weave, around 1."""
    rows, columns = _grid(SIZE)
    warp, weft = np.sin(2 * np.pi * rows * count), np.sin(2 * np.pi * columns * count)
    over = np.where(
        ((rows * count * 2).astype(int) + (columns * count * 2).astype(int)) % 2 == 0, np.abs(warp), np.abs(weft)
    )
    return 0.88 + 0.16 * over + 0.05 * noise(rng, SIZE, 0.3) + 0.018 * noise(rng, SIZE, 1.2)


def weave(colors: NDArray, rng: np.random.Generator) -> Image:
    return colors[0] * _threads(rng)[..., None]


def stripes(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, columns = _grid(SIZE)
    band = np.broadcast_to((rows * 4) % 1 > 0.62, (SIZE, columns.size)).astype(np.float32)
    return _mix(colors[0], colors[1], band) * _threads(rng)[..., None]


def plaid(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, columns = _grid(SIZE)
    band = 0.45 * ((rows * 2) % 1 > 0.6) + 0.45 * ((columns * 2) % 1 > 0.6)
    line = (np.abs((rows * 2) % 1 - 0.3) < 0.03) | (np.abs((columns * 2) % 1 - 0.3) < 0.03)
    return _mix(colors[0], colors[1], np.where(line, 0.8, band)) * _threads(rng)[..., None]


def dots(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, columns = _grid(SIZE)
    x = (columns * 4 + 0.5 * ((rows * 4).astype(int) % 2)) % 1 - 0.5
    y = (rows * 4) % 1 - 0.5
    return _mix(colors[0], colors[1], (x**2 + y**2 < 0.075).astype(np.float32)) * _threads(rng)[..., None]


def zigzag(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, columns = _grid(SIZE)
    wave = np.abs((columns * 4) % 1 - 0.5)
    return _mix(colors[0], colors[1], ((rows * 4 + wave) % 1 > 0.6).astype(np.float32)) * _threads(rng)[..., None]


def wicker(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, columns = _grid(SIZE)
    count = 14
    lying = ((rows * count).astype(int) + (columns * count).astype(int)) % 2 == 0
    bulge = np.where(lying, np.sin(np.pi * (rows * count % 1)), np.sin(np.pi * (columns * count % 1)))
    return _mix(colors[1], colors[0], bulge) * (1 + 0.05 * noise(rng, SIZE, 0.5))[..., None]


def pages(colors: NDArray, rng: np.random.Generator) -> Image:
    """The edges of a book's sheets: lines along the columns."""
    size = SIZE // 4
    return _mix(colors[0], colors[1], 0.3 + 0.25 * rng.standard_normal((size, 1)) + np.zeros((1, size)))


def cardboard(colors: NDArray, rng: np.random.Generator) -> Image:
    rows, _ = _grid(SIZE)
    flutes = 0.02 * np.sin(2 * np.pi * rows * 60)
    return colors[0] * (1 + flutes + 0.03 * noise(rng, SIZE, 0.9))[..., None]


RECIPES: dict[str, Callable[[NDArray, np.random.Generator], Image]] = {
    recipe.__name__: recipe
    for recipe in (
        wood, planks, tiles, herringbone, speckle, plaster, wallpaper, brushed, weave, stripes, plaid, dots, zigzag,
        wicker, pages, cardboard, *PICTURES,
    )
}  # fmt: skip
