"""The settings of the depth that is estimated for plain video.

What does not belong here: how they are used (`resources/depth_estimator`, `consistency.py`), and poses (`settings.py`).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DepthMapSettings:
    """How depth is estimated, and what other views must say of it to be kept.

    Tolerances are shares of a depth, so that they hold in a world of any scale.

    Attributes:
        estimator: plane_sweep (from neighbouring views), or model (a file of the user's, see `model_path`).
        rendered_side: longest side in pixels of depth that is rendered from a scanned mesh.
        image_side: longest side in pixels of the images that depth is estimated on, and of the depth maps. Time and
            memory grow with its square.
        planes: depths that the plane sweep tries, even in inverse depth. Time and memory grow with it.
        neighbors: most views that a frame is compared with in the plane sweep; time grows with it.
        range_margin: the range of a frame's triangulated points is widened by this share at both ends.
        window_radius: half the side, without its middle, of the windows that are correlated, pixels.
        image_noise: standard deviation of the grey values' noise; where the image varies less, correlation says little.
        smoothness: cost, in units of 1 - correlation, of a neighbour pixel that is one plane away.
        jump: the same for any larger step; where the image has an edge it falls towards `smoothness`.
        edge_contrast: difference of grey values over which that fall is by 1/e.
        max_ambiguity: a pixel whose best plane costs more than this share of the next best elsewhere has no depth.
        checked_neighbors: most views that a depth is checked against.
        tolerance: largest difference, as a share of the depth, between views that agree.
        min_agreeing: fewest other views that must agree with a depth.
        fill: whether pixels without depth take what at least `min_agreeing` + 1 other views agree on,
            and single ones that of the surface around them.
        min_patch_share: connected patches of depth smaller than this share of the image are dropped.
        model_path: TorchScript (`torch.jit.save`) or exported program (`torch.export.save`, .pt2) from RGB
            (1, 3, h, w), 0 to 1, to depth or inverse depth (1, h', w') or (1, 1, h', w'); normalisation is its own.
        model_output: depth or inverse_depth; each up to scale and shift, which are fitted to the frame's points.
        model_size_multiple: height and width of the model's input are multiples of this, nearest to `image_side`.
    """

    estimator: Literal["plane_sweep", "model"] = "plane_sweep"
    rendered_side: int = 960
    image_side: int = 320
    planes: int = 64
    neighbors: int = 5
    range_margin: float = 0.25
    window_radius: int = 2
    image_noise: float = 3.0
    smoothness: float = 0.1
    jump: float = 0.8
    edge_contrast: float = 8.0
    max_ambiguity: float = 0.99
    checked_neighbors: int = 10
    tolerance: float = 0.03
    min_agreeing: int = 2
    fill: bool = True
    min_patch_share: float = 0.001
    model_path: str = ""
    model_output: Literal["depth", "inverse_depth"] = "inverse_depth"
    model_size_multiple: int = 14
