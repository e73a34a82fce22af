"""Pictures that are stretched once over a surface: paintings, book covers, screens, rugs, the view from a window.

Each is a function `(colors (k, 3), rng) -> (h, w, 3)` sRGB, 0 to 1. Positions are shares of width and height.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def _canvas(height: int, width: int, color: NDArray) -> Image:
    return np.broadcast_to(color, (height, width, 3)).astype(np.float32).copy()


def _rectangle(image: Image, x0: float, y0: float, x1: float, y1: float, color: NDArray) -> None:
    """Fill a rectangle given in shares of the image's width and height."""
    h, w = image.shape[:2]
    image[round(y0 * h) : round(y1 * h), round(x0 * w) : round(x1 * w)] = color


def _polygon(image: Image, points: NDArray, color: NDArray) -> None:
    """Fill a polygon `(n, 2)` given in shares of the image's width and height."""
    h, w = image.shape[:2]
    pixels = np.round(np.asarray(points) * (w, h) * 16).astype(np.int32)
    cv2.fillPoly(image, [pixels], [float(c) for c in color], cv2.LINE_8, 4)


def _disc(image: Image, x: float, y: float, radius: float, color: NDArray) -> None:
    """Fill a circle; its radius is a share of the image's height."""
    h, w = image.shape[:2]
    center = (round(x * w * 16), round(y * h * 16))
    cv2.circle(image, center, round(radius * h * 16), [float(c) for c in color], -1, cv2.LINE_8, 4)


def _ridge(rng: np.random.Generator, base: float, height: float, points: int = 24) -> NDArray:
    """A closed polygon under a hilly line, in shares of the image."""
    x = np.linspace(-0.05, 1.05, points)
    y = base + height * sum(
        rng.normal(0, 0.6 / k) * np.sin(2 * np.pi * (k * x * 0.9 + rng.uniform())) for k in (1, 2, 3, 5)
    )
    return np.concatenate([np.stack([x, y], -1), [[1.05, 1.05], [-0.05, 1.05]]])


def landscape(colors: NDArray, rng: np.random.Generator) -> Image:
    """A painted landscape: sky in the first two colours, three ridges in the others, and a sun."""
    image = _canvas(288, 384, colors[0])
    image += np.linspace(0, 1, 288, dtype=np.float32)[:, None, None] * (colors[1] - colors[0])
    _disc(image, rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.35), 0.1, np.array([1.0, 0.93, 0.78]))
    for step, base in enumerate((0.52, 0.66, 0.82)):
        _polygon(image, _ridge(rng, base, 0.07), colors[2 + step % (len(colors) - 2)])
    return _framed(image)


def abstract(colors: NDArray, rng: np.random.Generator) -> Image:
    """Overlapping discs, half discs and bars on a light ground."""
    image = _canvas(320, 320, np.array([0.94, 0.92, 0.87]))
    for step in range(7):
        color = colors[step % len(colors)]
        x, y = rng.uniform(0.2, 0.8, 2)
        if step % 3 == 2:
            w, h = rng.permutation([rng.uniform(0.25, 0.5), rng.uniform(0.03, 0.08)])
            _rectangle(image, max(0, x - w / 2), max(0, y - h / 2), min(1, x + w / 2), min(1, y + h / 2), color)
        else:
            _disc(image, x, y, rng.uniform(0.09, 0.22), color)
    return _framed(image)


def botanical(colors: NDArray, rng: np.random.Generator) -> Image:
    """A stem with pairs of leaves on paper."""
    image = _canvas(384, 288, np.array([0.93, 0.9, 0.82]))
    top, bottom = np.array([0.5 + rng.uniform(-0.08, 0.08), 0.14]), np.array([0.5, 0.92])
    h, w = image.shape[:2]
    ends = [tuple(int(v) for v in np.round(p * (w, h))) for p in (top, bottom)]
    cv2.line(image, *ends, [float(c) for c in colors[0] * 0.7], 4)
    for step, share in enumerate(np.linspace(0.02, 0.8, 7)):
        root = top + share * (bottom - top)
        for side in (-1, 1):
            tip = np.add(root, (side * (0.16 + 0.2 * share), -0.1))
            middle, across = (root + tip) / 2, np.array([0.02, 0.055])
            _polygon(image, np.array([root, middle - across, tip, middle + across]), colors[step % len(colors)])
    return _framed(image)


def _framed(image: Image) -> Image:
    """The picture inside a white mount."""
    return cv2.copyMakeBorder(image, 26, 26, 26, 26, cv2.BORDER_CONSTANT, value=[0.95, 0.94, 0.91])


def book_cover(colors: NDArray, rng: np.random.Generator) -> Image:
    image = _canvas(256, 180, colors[0])
    _rectangle(image, 0.06, 0.04, 0.94, 0.055, colors[1])
    _rectangle(image, 0.06, 0.945, 0.94, 0.96, colors[1])
    _rectangle(image, 0.14, 0.14, 0.86, 0.22, colors[1])
    _rectangle(image, 0.22, 0.26, 0.78, 0.3, colors[1])
    if rng.uniform() < 0.5:
        _disc(image, 0.5, 0.6, 0.17, colors[1])
        _disc(image, 0.5, 0.6, 0.11, colors[0])
    else:
        _polygon(image, np.array([[0.5, 0.4], [0.8, 0.78], [0.2, 0.78]]), colors[1])
    return image


def book_spine(colors: NDArray, rng: np.random.Generator) -> Image:
    """Bands at both ends and a title; the long side is vertical."""
    image = _canvas(256, 48, colors[0])
    image *= (0.85 + 0.2 * np.sin(np.linspace(0.15, np.pi - 0.15, 48))).astype(np.float32)[None, :, None]
    for y in (0.06, 0.1, 0.86, 0.9):
        _rectangle(image, 0, y, 1, y + 0.02, colors[1])
    start = rng.uniform(0.2, 0.28)
    _rectangle(image, 0.3, start, 0.7, start + rng.uniform(0.28, 0.42), colors[1])
    return image


def desktop(colors: NDArray, rng: np.random.Generator) -> Image:
    """A monitor picture: a landscape, two windows with lines of text, a bar."""
    image = cv2.resize(landscape(colors, rng)[26:-26, 26:-26], (480, 288), interpolation=cv2.INTER_AREA)
    for x0, y0, x1, y1, ground in ((0.06, 0.1, 0.5, 0.74, 0.97), (0.45, 0.26, 0.93, 0.84, 0.16)):
        _rectangle(image, x0, y0, x1, y1, np.full(3, ground))
        _rectangle(image, x0, y0, x1, y0 + 0.06, np.array([0.32, 0.38, 0.46]))
        for line in np.arange(y0 + 0.1, y1 - 0.04, 0.05):
            shade = np.array([0.35, 0.75, 0.6]) if ground < 0.5 else np.array([0.35, 0.37, 0.42])
            _rectangle(image, x0 + 0.03, line, x0 + 0.03 + rng.uniform(0.1, 0.34) * (x1 - x0) * 2, line + 0.018, shade)
    _rectangle(image, 0, 0.94, 1, 1, np.array([0.1, 0.11, 0.14]))
    return image


def keys(colors: NDArray, rng: np.random.Generator) -> Image:
    """A keyboard from above: five rows of keys and a space bar."""
    image = _canvas(120, 360, colors[0])
    for row in range(5):
        for column in range(15):
            x, y = 0.025 + column * 0.0635, 0.07 + row * 0.18
            if row < 4 or not 4 <= column <= 9:
                _rectangle(image, x, y, x + 0.054, y + 0.14, colors[1])
    _rectangle(image, 0.025 + 4 * 0.0635, 0.79, 0.025 + 10 * 0.0635 - 0.009, 0.93, colors[1])
    return image


def rug(colors: NDArray, rng: np.random.Generator) -> Image:
    """Borders and a field of diamonds, with knotted noise."""
    h, w = 480, 720
    image = _canvas(h, w, colors[0])
    for inset, color in ((0.035, 1), (0.075, 2), (0.1, 0), (0.16, 1), (0.175, 0)):
        _rectangle(image, inset * h / w, inset, 1 - inset * h / w, 1 - inset, colors[color])
    for row in range(3):
        for column in range(5):
            center = np.array([(column + 1) / 6, 0.5 + (row - 1) * 0.2])
            for radius, color in ((1.0, 1), (0.66, 2), (0.33, 0)):
                spokes = np.array([[0, -0.095], [0.065, 0], [0, 0.095], [-0.065, 0]]) * radius
                _polygon(image, center + spokes, colors[color])
    knots = 1 + 0.09 * rng.standard_normal((h // 2, w // 2)).astype(np.float32)
    return image * cv2.resize(knots, (w, h), interpolation=cv2.INTER_NEAREST)[..., None]


def leaf(colors: NDArray, rng: np.random.Generator) -> Image:
    """A midrib along the rows and veins that leave it at an angle."""
    rows, columns = np.mgrid[0:64, 0:64].astype(np.float32) / 63
    across = np.abs(columns - 0.5)
    vein = np.maximum(np.exp(-((across / 0.03) ** 2)), 0.5 * (np.cos((rows + across) * 60) > 0.9))
    return colors[0] + vein[..., None] * (colors[1] - colors[0]) + 0.03 * rng.standard_normal((64, 64, 1))


def carton(colors: NDArray, rng: np.random.Generator) -> Image:
    """A side of a cardboard box: tape down the middle, a label in a corner."""
    image = _canvas(192, 192, colors[0]) * (1 + 0.02 * rng.standard_normal((192, 1, 1)).astype(np.float32))
    _rectangle(image, 0.43, 0, 0.57, 1, colors[1])
    _rectangle(image, 0.68, 0.62, 0.93, 0.86, np.array([0.95, 0.94, 0.9]))
    for y in (0.67, 0.72, 0.77):
        _rectangle(image, 0.71, y, 0.88, y + 0.02, np.array([0.25, 0.25, 0.28]))
    return image


def dial(colors: NDArray, rng: np.random.Generator) -> Image:
    """A clock face."""
    image = _canvas(192, 192, colors[0])
    for hour in range(12):
        angle = hour * np.pi / 6
        _disc(image, 0.5 + 0.4 * np.sin(angle), 0.5 - 0.4 * np.cos(angle), 0.026 if hour % 3 else 0.042, colors[1])
    for angle, length, width in ((rng.uniform(0, 2 * np.pi), 0.22, 7), (rng.uniform(0, 2 * np.pi), 0.34, 4)):
        end = (round(96 + 192 * length * np.sin(angle)), round(96 - 192 * length * np.cos(angle)))
        cv2.line(image, (96, 96), end, [float(c) for c in colors[1]], width)
    return image


def outdoors(colors: NDArray, rng: np.random.Generator) -> Image:
    """The view from a window: sky with clouds, far hills, trees and a lawn."""
    h, w = 384, 640
    image = _canvas(h, w, np.array([0.55, 0.74, 0.95]))
    image += np.linspace(0, 1, h, dtype=np.float32)[:, None, None] * (np.array([0.93, 0.96, 0.98]) - image[0, 0])
    small = rng.standard_normal((14, 9)).astype(np.float32)
    clouds = cv2.GaussianBlur(cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC), (0, 0), 14)
    image += (np.clip(clouds * 1.1, 0, 0.9) * np.linspace(1, 0.2, h, dtype=np.float32)[:, None])[..., None] * (
        1 - image
    )
    _polygon(image, _ridge(rng, 0.56, 0.03), np.array([0.55, 0.68, 0.72]))
    _polygon(image, _ridge(rng, 0.62, 0.02), np.array([0.44, 0.6, 0.46]))
    _polygon(image, _ridge(rng, 0.74, 0.01), np.array([0.5, 0.68, 0.34]))
    for x in np.sort(rng.uniform(0.02, 0.98, 7)):
        size, y = rng.uniform(0.06, 0.14), rng.uniform(0.6, 0.7)
        _rectangle(image, x - 0.008, y, x + 0.008, min(1, y + 0.16), np.array([0.35, 0.28, 0.22]))
        for _ in range(14):
            dx, dy = rng.normal(0, size * 0.32, 2)
            shade = rng.uniform(0.7, 1.15)
            _disc(image, x + dx * h / w, y - size * 0.5 + dy, size * 0.45, np.array([0.25, 0.45, 0.2]) * shade)
    return cv2.GaussianBlur(image, (0, 0), 1.2)


PICTURES = (
    landscape, abstract, botanical, book_cover, book_spine, desktop, keys, rug, leaf, carton, dial, outdoors,
)  # fmt: skip
