"""Horizontal bars, each of several colours: how much of each kind there is of each thing.

What does not belong here: what is counted.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.rendering.overlays import legend
from openspatial_assets.engine.rendering.text import BLACK, Color, shortened, text_width, write

WIDTH_PX = 860
ROW_PX = 22
TEXT_PX = 13
GAP_PX = 8
MAX_NAME_SHARE = 0.4
"""Of the width: longer names are cut."""


def stacked_bars(
    names: Sequence[str], counts: Sequence[Sequence[int]], kinds: Sequence[tuple[str, Color]]
) -> NDArray[np.uint8]:
    """A bar for each of `n` things, as a picture `(h, w, 3)` RGB with a legend of the kinds below.

    Args:
        names: of the things, `n`.
        counts: `(n, k)` of each kind, drawn from left to right; the total stands after the bar.
        kinds: name and colour of each of the `k` kinds.
    """
    values = np.asarray(counts, np.int64).reshape(len(names), len(kinds))
    totals = values.sum(axis=1)
    texts = [f"{total:,}" for total in totals.tolist()]
    names = [shortened(name, TEXT_PX, int(MAX_NAME_SHARE * WIDTH_PX)) for name in names]
    left = 2 * GAP_PX + max((text_width(name, TEXT_PX) for name in names), default=0)
    room = WIDTH_PX - left - 2 * GAP_PX - max((text_width(text, TEXT_PX) for text in texts), default=0)
    ends = left + np.cumsum(values, axis=1) * room / max(int(totals.max(initial=0)), 1)
    picture = np.full((ROW_PX * max(len(names), 1) + GAP_PX, WIDTH_PX, 3), 255, np.uint8)
    for row, (name, text) in enumerate(zip(names, texts, strict=True)):
        top, baseline, start = GAP_PX // 2 + row * ROW_PX, round((row + 0.5) * ROW_PX) + TEXT_PX // 2, left
        write(picture, name, left - GAP_PX - text_width(name, TEXT_PX), baseline, TEXT_PX, BLACK)
        for (_, color), end in zip(kinds, np.rint(ends[row]).astype(int).tolist(), strict=True):
            if end > start:
                cv2.rectangle(picture, (start, top + 2), (end - 1, top + ROW_PX - 4), color, -1)
                start = end
        write(picture, text, start + GAP_PX, baseline, TEXT_PX, BLACK)
    return legend(picture, kinds)
