"""Pictures as bytes: JPEG, JPEG within a number of bytes, and a picture inside Markdown.

What does not belong here: files (`resources/images.py` reads them, `resources/export.py` writes them).
"""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

PREVIEW_BYTES = 60_000
"""Largest preview: it is kept, in base64, in the event log of every materialisation."""

_PREVIEW_QUALITY = 80
"""JPEG quality of previews: coarser, and the small labels on them blur."""

_SHRINK = 0.95
"""A side is shrunk a little more than the bytes ask for: details cost more in a smaller picture."""


def jpeg(image: NDArray[np.uint8], quality: int = 90) -> bytes:
    """`image` `(h, w, 3)` RGB as JPEG of `quality` 1-100; the same image gives the same bytes.

    Raises:
        ValueError: the array is not a picture.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"a picture is (h, w, 3) uint8, not {image.shape} {image.dtype}")
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not encoded:
        raise ValueError(f"a picture of {image.shape[1]} x {image.shape[0]} pixels does not fit into a JPEG")
    return data.tobytes()


def jpeg_within(image: NDArray[np.uint8], max_bytes: int = PREVIEW_BYTES) -> bytes:
    """`image` `(h, w, 3)` RGB as JPEG of at most `max_bytes`, made smaller as far as that takes."""
    while True:
        if len(data := jpeg(image, _PREVIEW_QUALITY)) <= max_bytes or max(image.shape[:2]) <= 8:
            return data
        scale = _SHRINK * (max_bytes / len(data)) ** 0.5
        height, width = (max(round(side * scale), 1) for side in image.shape[:2])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def inline_picture(data: bytes, alternative: str) -> str:
    """JPEG `data` as a Markdown picture that needs no file; `alternative` is the text in its place."""
    return f"![{alternative}](data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')})"
