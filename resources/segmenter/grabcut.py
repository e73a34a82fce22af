"""GrabCut (OpenCV): colour decides the pixels that depth leaves open. Needs no weights.

What does not belong here: which pixels are open (`engine/masks/trimap.py`).
Source: Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.masks.regions import Mask, without_fragments
from openspatial_assets.engine.masks.settings import MaskSettings
from openspatial_assets.engine.masks.trimap import NOBODY, DepthView, Trimap, enlarged, owners_of, trimap_of

KMEANS_SEED = 0
"""GrabCut starts its colour models by k-means with random centres."""

MODEL_LENGTH = 65
"""Length of OpenCV's array for a colour model of five Gaussians: 5 x (weight, 3 means, 9 covariances)."""

MIN_FRAGMENT_SHARE = 0.01
"""Parts smaller than this share of a mask are most often noise of the depth or of the colour, not a leg or a handle."""


class GrabCut:
    """Refines depth masks by colour."""

    reads_color = True

    def __init__(self, settings: MaskSettings) -> None:
        self._settings = settings

    def refine(self, image: NDArray[np.uint8], view: DepthView) -> list[tuple[Mask, float | None]]:
        """The refined mask `(h, w)` of each object of `view`, without a score; the mask it had where colour cannot say.

        Objects take turns from the smallest box to the largest, because what a small one gives up (the table under a
        mug) is then free for the larger.
        """
        owners = owners_of(view.masks)
        refined = view.masks.copy()
        for index in np.argsort(view.volumes, kind="stable"):
            trimap = trimap_of(view, index, owners, self._settings)
            if not trimap.decidable:
                continue
            mask = cut(image[trimap.window], trimap, self._settings.grabcut_iterations)
            refined[index] = False
            refined[index][trimap.window] = mask
            owner = owners[trimap.window]
            owner[(owner == index) & ~mask] = NOBODY
            owner[mask] = index
        return [(mask, None) for mask in refined]


def cut(crop: NDArray[np.uint8], trimap: Trimap, iterations: int) -> Mask:
    """The object's pixels `(h, w)` in its crop of the image `(h, w, 3)`; the same on every run."""
    labels = trimap.labels.copy()
    small = cv2.resize(crop, labels.shape[::-1], interpolation=cv2.INTER_AREA)
    background, foreground = np.zeros((1, MODEL_LENGTH)), np.zeros((1, MODEL_LENGTH))
    cv2.setRNGSeed(KMEANS_SEED)
    cv2.grabCut(small, labels, None, background, foreground, iterations, cv2.GC_INIT_WITH_MASK)
    on_object = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    mask = trimap.sure | enlarged(on_object, trimap.sure.shape) & trimap.possible
    return without_fragments(mask, MIN_FRAGMENT_SHARE)


def load(settings: MaskSettings) -> GrabCut:
    """GrabCut with these settings; there is nothing to load."""
    return GrabCut(settings)
