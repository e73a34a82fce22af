"""Semi-global matching (PyTorch): costs of planes, each with what a smooth way to it from four sides costs.

What belongs here: the dynamic programme. What does not: the costs themselves (`plane_sweep.py`).
Source: Hirschmueller, "Stereo processing by semiglobal matching and mutual information", PAMI 2008.
"""

from typing import TYPE_CHECKING

from openspatial_assets.engine.reconstruction.depth_settings import DepthMapSettings

if TYPE_CHECKING:
    from torch import Tensor

TOO_MUCH = 1e3
"""Cost of a plane before the first or after the last: more than any path."""


def smoothed_costs(costs: "Tensor", grey: "Tensor", settings: DepthMapSettings) -> "Tensor":
    """`(planes, h, w)`: sum of the least costs of paths to each pixel from left, right, top and bottom.

    Args:
        costs: `(planes, h, w)` of each plane at each pixel.
        grey: `(h, w)` image; depth jumps cheaply where it has an edge.
    """
    across = _both_ways(costs.permute(2, 1, 0).contiguous(), grey.T.contiguous(), settings)
    down = _both_ways(costs.permute(1, 2, 0).contiguous(), grey, settings)
    return across.permute(2, 1, 0) + down.permute(2, 0, 1)


def _both_ways(costs: "Tensor", grey: "Tensor", settings: DepthMapSettings) -> "Tensor":
    """`(steps, lanes, planes)`: least costs of the paths along the first axis, forth and back, added."""
    import torch

    smoothness, jump = settings.smoothness, settings.jump
    contrast = (grey[1:] - grey[:-1]).abs()
    jumps = smoothness + (jump - smoothness) * torch.exp(-contrast / settings.edge_contrast)
    # The way back is a second set of lanes, so that both go in one loop.
    jumps = torch.stack([jumps, jumps.flip(0)], dim=1)[..., None]
    paths = torch.stack([costs, costs.flip(0)], dim=1)
    padded = torch.full((*paths.shape[1:3], paths.shape[3] + 2), TOO_MUCH, device=costs.device)
    inner = padded[..., 1:-1]
    for step in range(1, len(paths)):
        before = paths[step - 1]
        torch.sub(before, before.amin(dim=-1, keepdim=True), out=inner)
        cheapest = torch.minimum(padded[..., :-2], padded[..., 2:]).add_(smoothness)
        torch.minimum(cheapest, inner, out=cheapest)
        torch.minimum(cheapest, jumps[step - 1], out=cheapest)
        paths[step] += cheapest
    return paths[:, 0] + paths[:, 1].flip(0)
