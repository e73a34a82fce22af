"""The stage `view_pairs`: which two frames of a scene questions may show together, for one variant.

Tables in, tables out, and the picture that shows them. What does not belong here: how pairs are chosen
(`engine/scene_graph/view_graph.py`), and the Dagster definitions of the stage.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openspatial_assets.assets.boxes import length_unit_of
from openspatial_assets.assets.marked_pictures import frames_by_id
from openspatial_assets.assets.preview_parts import Picture, boxes_of_rows, spread
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.referring import NOT_ASKED_ABOUT
from openspatial_assets.engine.rendering.overlays import contact_sheet
from openspatial_assets.engine.rendering.palette import PALETTE
from openspatial_assets.engine.rendering.plots import Link, scene_from_above
from openspatial_assets.engine.scene_graph.settings import ViewSettings
from openspatial_assets.engine.scene_graph.view_graph import choose_pairs, sharp_frames
from openspatial_assets.engine.scene_graph.views import ViewPairs
from resources.images import read_color
from resources.tables import VIEW_PAIRS

RULE_VERSION = "1"
"""Changes when the meaning of `view_pairs` changes, so that what was made before is out of date."""

PLOT_PX = 640
EXAMPLES = 3
EXAMPLE_TILE_PX = 300
FRAME_PX = 6
"""Width of an example's coloured frame in its tile."""

LINK_COLOR = (165, 185, 215)
BOX_COLOR = (150, 150, 150)
MAX_LINKS = 600
"""Lines of a picture: more cover everything else."""


def view_pairs_of_scene(
    frames: pl.DataFrame, scene_boxes: pl.DataFrame, object_frames: pl.DataFrame, settings: ViewSettings
) -> pl.DataFrame:
    """The rows of `view_pairs` of a scene, sorted by both frames; the order of the input rows does not matter.

    Walls, floors, ceilings and boxes without a type do not make a pair, though they are listed as shared: nothing is
    asked about them.

    Raises:
        ValueError: a row of `object_frames` names a frame or an object that does not exist.
    """
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    frame_ids, names = frames["frame_id"].to_list(), scene_boxes["object_id"].to_list()
    clear = object_frames.filter(pl.col("visible_fraction") >= settings.min_visible_fraction)
    sees = np.zeros((len(frame_ids), len(names)), np.bool_)
    sees[_positions(clear, "frame_id", frame_ids), _positions(clear, "object_id", names)] = True
    links = np.array([tidy(tag).lower() not in NOT_ASKED_ABOUT for tag in scene_boxes["tag"].to_list()], np.bool_)
    chosen = choose_pairs(
        frames["world_from_camera"].to_numpy().reshape(-1, 4, 4),
        sees[:, links],
        sharp_frames(frames["sharpness"].cast(pl.Float64).to_numpy(), settings.sharpness_ratio),
        settings,
        length_unit_of(scene_boxes),
    )
    return _table(frame_ids, names, sees, chosen)


def _positions(table: pl.DataFrame, column: str, ids: Sequence[str]) -> NDArray[np.int64]:
    """Index of each value of `column` in `ids`."""
    found = table[column].replace_strict(ids, range(len(ids)), default=None, return_dtype=pl.Int64)
    if found.null_count():
        unknown = table[column].filter(found.is_null())[0]
        raise ValueError(f"object_frames: {column} {unknown!r} is not among the scene's; materialise it again")
    return found.to_numpy()


def _table(frame_ids: Sequence[str], names: Sequence[str], sees: NDArray[np.bool_], pairs: ViewPairs) -> pl.DataFrame:
    counts = sees.sum(axis=1)
    shared = [np.flatnonzero(sees[a] & sees[b]) for a, b in zip(pairs.first, pairs.second, strict=True)]
    fewer = np.minimum(counts[pairs.first], counts[pairs.second])
    return pl.DataFrame(
        {
            "frame_a": [frame_ids[index] for index in pairs.first],
            "frame_b": [frame_ids[index] for index in pairs.second],
            "distance_m": pairs.distance,
            "angle_deg": np.degrees(pairs.angle),
            "shared_objects": [[names[index] for index in row.tolist()] for row in shared],
            "overlap": np.array([len(row) for row in shared], np.float64) / np.maximum(fewer, 1),
        },
        schema=VIEW_PAIRS.schema,
    )


def preview_view_pairs(frames: pl.DataFrame, scene_boxes: pl.DataFrame, view_pairs: pl.DataFrame) -> Picture | None:
    """All pairs from above as lines between their cameras, and a few of them as pictures in frames of their colour.

    The examples are of the nearest, the middle and the farthest pairs by the angle between them.
    """
    if frames.is_empty() or view_pairs.is_empty():
        return None
    frames, scene_boxes = frames.sort("frame_id"), scene_boxes.sort("object_id")
    view_pairs = view_pairs.sort("angle_deg", "frame_a", "frame_b")
    place = {name: index for index, name in enumerate(frames["frame_id"].to_list())}
    examples = [view_pairs.row(index, named=True) for index in spread(view_pairs.height, EXAMPLES)]
    colors = list(PALETTE.values())[: len(examples)]
    shown = view_pairs.gather(spread(view_pairs.height, MAX_LINKS))
    links = [Link(place[a], place[b], LINK_COLOR) for a, b in shown.select("frame_a", "frame_b").iter_rows()]
    links += [
        Link(place[row["frame_a"]], place[row["frame_b"]], color, 3.0)
        for row, color in zip(examples, colors, strict=True)
    ]
    above = scene_from_above(
        boxes_of_rows(scene_boxes),
        scene_boxes["tag"].to_list(),
        [BOX_COLOR] * scene_boxes.height,
        frames["world_from_camera"].to_numpy().reshape(-1, 4, 4),
        PLOT_PX,
        "m" if (metric := bool(scene_boxes["metric"].all())) else "units",
        links=links,
    )
    known, pictures, captions = frames_by_id(frames), [], []
    for row, color in zip(examples, colors, strict=True):
        apart = f"{row['angle_deg']:.0f} deg, {row['distance_m']:.2f} {'m' if metric else 'units'}"
        pictures += [_framed(read_color(known[row[name]]["image"]), color) for name in ("frame_a", "frame_b")]
        captions += [f"frame {row['frame_a']}", f"{row['frame_b']}: {apart}, {len(row['shared_objects'])} shared"]
    return _beside(above, contact_sheet(pictures, captions, 2, EXAMPLE_TILE_PX))


def _framed(picture: Picture, color: tuple[int, int, int]) -> Picture:
    """The picture in the size of a tile, with a frame of `color`."""
    height = max(round(EXAMPLE_TILE_PX * picture.shape[0] / picture.shape[1]), 1)
    picture = cv2.resize(picture, (EXAMPLE_TILE_PX, height), interpolation=cv2.INTER_AREA)
    return cv2.rectangle(picture, (0, 0), (EXAMPLE_TILE_PX - 1, height - 1), color, FRAME_PX)


def _beside(left: Picture, right: Picture) -> Picture:
    """Two pictures side by side on white, with their middles on one line."""
    height = max(left.shape[0], right.shape[0])
    parts = []
    for picture in (left, right):
        above = (height - picture.shape[0]) // 2
        rows = (above, height - picture.shape[0] - above)
        parts.append(np.pad(picture, (rows, (0, 0), (0, 0)), constant_values=255))
    return np.hstack(parts)
