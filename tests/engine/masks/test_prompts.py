import numpy as np
from scipy.ndimage import distance_transform_edt

from openspatial_assets.engine.masks.prompts import prompt_of, spread_points


def frame_masks() -> np.ndarray:
    """A table top with a hole where a mug stands, the mug, and a lamp outside of the table's box."""
    masks = np.zeros((3, 60, 80), bool)
    masks[0, 20:50, 10:70] = True
    masks[0, 25:35, 30:40] = False
    masks[1, 25:35, 30:40] = True
    masks[2, 0:10, 0:8] = True
    return masks


def test_points_are_on_the_object_or_on_another_and_all_in_the_box() -> None:
    masks = frame_masks()
    prompt = prompt_of(masks, 0, 3, 3)
    xmin, ymin, xmax, ymax = prompt.box
    assert (xmin, ymin, xmax, ymax) == (8.0, 18.0, 71.0, 51.0)
    assert prompt.labels.tolist() == [1, 1, 1, 0]
    for (u, v), label in zip(prompt.points.astype(int), prompt.labels, strict=True):
        assert xmin <= u <= xmax
        assert ymin <= v <= ymax
        assert masks[0 if label else 1, v, u]


def test_positive_points_are_well_inside_and_far_apart() -> None:
    mask = frame_masks()[0]
    points = spread_points(mask, 3)
    inside = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    assert (inside[points[:, 1], points[:, 0]] >= inside.max() / 2 - 1e-6).all()
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(3, 1)]
    assert gaps.min() > 15


def test_a_single_pixel_gives_a_single_point() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 6] = True
    assert spread_points(mask, 3).tolist() == [[6, 4]]
    assert prompt_of(mask[None], 0, 3, 3).points.tolist() == [[6.0, 4.0]]


def test_a_box_at_the_border_stays_in_the_image() -> None:
    mask = np.ones((1, 6, 7), bool)
    assert prompt_of(mask, 0, 1, 1).box.tolist() == [0.0, 0.0, 6.0, 5.0]
