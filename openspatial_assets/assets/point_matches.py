"""From pairs of views to the table `point_matches`: pixels that show the same point, and decoys beside them.

What does not belong here: the mathematics (`engine/correspondence`), which pairs there are (`view_pairs.py`), and the
questions that are asked of matches.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.boxes import length_unit_of
from openspatial_assets.engine.correspondence.distractors import Decoys
from openspatial_assets.engine.correspondence.matching import OK, TOO_FEW_DISTRACTORS, Matches, matched
from openspatial_assets.engine.correspondence.seen_view import SeenView
from openspatial_assets.engine.correspondence.settings import MatchSettings
from openspatial_assets.engine.masks.regions import Mask, decoded
from resources.images import camera_of, read_depth
from resources.tables import POINT_MATCHES

RULE_VERSION = "1"

Row = Mapping[str, Any]


def matches_of_pairs(
    view_pairs: pl.DataFrame,
    frames: pl.DataFrame,
    object_frames: pl.DataFrame,
    scene_boxes: pl.DataFrame,
    settings: MatchSettings,
) -> pl.DataFrame:
    """The `point_matches` of some pairs of views of one scene, in both directions, sorted by their frames and object.

    A pair of which a frame has no depth has no points: nothing says where they lie.

    Args:
        view_pairs: rows of `view_pairs`.
        frames, object_frames: tables; they may hold other frames as well.
        scene_boxes: all of the scene's boxes, from which a scene without scale takes its unit of length.

    Raises:
        ImageError: a depth image cannot be read.
    """
    pairs = view_pairs.select("frame_a", "frame_b").rows()
    ordered = sorted({*pairs, *((second, first) for first, second in pairs)})
    views = _views({frame_id for pair in ordered for frame_id in pair}, frames, object_frames)
    decoys = {
        frame_id: Decoys.of(view, settings, _random(settings, frame_id)) for frame_id, view in sorted(views.items())
    }
    length_unit = length_unit_of(scene_boxes)
    rows: list[dict[str, Any]] = []
    for first, second in ordered:
        if first in views and second in views:
            rng = _random(settings, first, second)
            rows += _rows(first, second, views[first], views[second], decoys[second], length_unit, settings, rng)
    return pl.DataFrame(rows, schema=POINT_MATCHES.schema)


def _views(wanted: set[str], frames: pl.DataFrame, object_frames: pl.DataFrame) -> dict[str, SeenView]:
    """Frame -> what is seen in it, for the `wanted` frames that have depth; each image is read once."""
    chosen = pl.Series(sorted(wanted), dtype=pl.String).implode()
    masks = object_frames.filter(pl.col("frame_id").is_in(chosen)).select("frame_id", "object_id", "mask")
    by_frame = masks.sort("object_id").partition_by("frame_id", as_dict=True)
    rows = frames.filter(pl.col("frame_id").is_in(chosen) & pl.col("depth").is_not_null()).iter_rows(named=True)
    return {
        row["frame_id"]: SeenView.of(camera_of(row), read_depth(row), _masks(by_frame.get((row["frame_id"],)), row))
        for row in rows
    }


def _masks(objects: pl.DataFrame | None, frame: Row) -> Iterator[tuple[str, Mask]]:
    """The objects of a frame with their masks, decoded one after the other."""
    for _, object_id, counts in () if objects is None else objects.iter_rows():
        yield object_id, decoded(counts, frame["height"], frame["width"])


def _rows(
    first: str,
    second: str,
    view: SeenView,
    other: SeenView,
    decoys: Decoys,
    length_unit: float,
    settings: MatchSettings,
    rng: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    """The rows of points that are given in `first` and looked for in `second`, on the objects that both see."""
    names, pixels = _sampled(view, sorted(view.regions.keys() & other.regions.keys()), settings, rng)
    found = matched(view, other, names, pixels, length_unit)
    given = zip(names.tolist(), pixels.tolist(), found.depths[:, 0].tolist(), found.reasons.tolist(), strict=True)
    for place, (name, (u, v), depth, reason) in enumerate(given):
        row = {"frame_a": first, "frame_b": second, "object_id": name, "reason": reason, "distractors": []}
        row |= {"u_a": float(u), "v_a": float(v), "depth_a": depth}
        if reason == OK:
            row |= _match(found, place, decoys, name, length_unit, rng)
        yield row


def _sampled(
    view: SeenView, objects: Sequence[str], settings: MatchSettings, rng: np.random.Generator
) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Pixels `(n, 2)` (u, v) on the objects, and the object `(n,)` of each; none twice, though masks may overlap."""
    owner: dict[tuple[int, int], str] = {}
    for name in objects:
        for u, v in view.spots(name, settings.points_per_object, rng).tolist():
            owner.setdefault((u, v), name)
    return np.array(list(owner.values()), np.str_), np.array(list(owner), np.int64).reshape(-1, 2)


def _match(
    found: Matches, place: int, decoys: Decoys, name: str, length_unit: float, rng: np.random.Generator
) -> dict[str, Any]:
    """The further columns of one match: where it lies, how well it agrees, and its distractors."""
    points = np.stack([found.points[place], found.points_found[place]])
    chosen = decoys.beside(name, found.pixels[place], points, length_unit, rng)
    columns = {
        "u_b": float(found.pixels[place, 0]),
        "v_b": float(found.pixels[place, 1]),
        "depth_b": float(found.depths[place, 1]),
        "round_trip_px": float(found.round_trip_px[place]),
        "depth_error": float(found.depth_error[place]),
    }
    if chosen is None:
        return columns | {"reason": TOO_FEW_DISTRACTORS}
    return columns | {"distractors": _distractors(decoys, chosen)}


def _distractors(decoys: Decoys, chosen: NDArray[np.int64]) -> Sequence[dict[str, Any]]:
    columns = (decoys.objects[chosen].tolist(), decoys.pixels[chosen].tolist(), decoys.depths[chosen].tolist())
    return [
        {"object_id": name or None, "u": float(u), "v": float(v), "depth": depth}
        for name, (u, v), depth in zip(*columns, strict=True)
    ]


def _random(settings: MatchSettings, *frame_ids: str) -> np.random.Generator:
    """A generator for what concerns these frames, whatever else is in the chunk."""
    digest = hashlib.blake2b("\x1f".join([str(settings.seed), *frame_ids]).encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))
