"""The stage `gallery`: from all tables of a scene to its page, and where the page lies.

What belongs here: joining the stage's inputs with the page. What does not: the page (`gallery.py`).
"""

from collections.abc import Iterator, Mapping

import fsspec
import polars as pl

from openspatial_assets.assets.gallery import GalleryPage
from openspatial_assets.assets.gallery_choice import CHOICE_COLUMNS, chosen_questions
from openspatial_assets.assets.recipe import Inputs
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.partitions import BOXES, VARIANT_AXIS
from openspatial_assets.variants import VARIANTS
from resources.files import write_whole
from resources.lake import Lake
from resources.tables import GALLERY, VERIFICATIONS, question_table

PAGE = "index.html"


def gallery_pieces(inputs: Inputs) -> list[tuple]:
    """The one piece of a scene's page: its tables, those of variants by variant."""
    boxes = {partition.get(BOXES.dimension): frame for partition, frame in inputs.upstream["scene_boxes"]}
    boxes_of = {name: boxes[key].collect() for name in VARIANTS if (key := BOXES.value(name)) in boxes}
    frames, settings = inputs.table("frames"), inputs.settings["gallery"]
    every = [question_table(name).empty().lazy() for name in SUBTASKS]
    every += [frame for name in SUBTASKS for _, frame in inputs.upstream[f"qa/{name}"]]
    # Evidence is most of a question's bytes, and a large scene has far more questions than its page shows.
    asked = pl.concat(every).select(CHOICE_COLUMNS).collect()
    shown = chosen_questions(asked, frames.sort("frame_id")["frame_id"].to_list(), settings)["qa_id"].implode()
    verifications = [VERIFICATIONS.empty(), *by_variant(inputs, "verifications").values()]
    return [
        (
            inputs.scene,
            frames,
            boxes_of,
            by_variant(inputs, "object_frames"),
            pl.concat([frame.filter(pl.col("qa_id").is_in(shown)) for frame in every]).collect(),
            by_variant(inputs, "rejections"),
            pl.concat(verifications).filter(pl.col("qa_id").is_in(shown)),
            settings,
            asked.select("variant", "subtask"),
        )
    ]


def by_variant(inputs: Inputs, name: str) -> Mapping[str, pl.DataFrame]:
    """An input table of one scene for each variant that has it."""
    return {partition.get(VARIANT_AXIS) or "": frame.collect() for partition, frame in inputs.upstream[name]}


def written_gallery(inputs: Inputs, pages: Iterator[GalleryPage]) -> dict[str, pl.DataFrame]:
    """Put the page beside the partition's Parquet file; the table's rows say how much it shows, and where it lies."""
    page = next(pages)
    lake = Lake(inputs.home)
    filesystem, _ = fsspec.core.url_to_fs(inputs.home)
    write_whole(
        filesystem, f"{lake.folder(GALLERY, inputs.partition)}/{PAGE}", page.html, f"gallery, scene {inputs.scene}"
    )
    path = f"{lake.url(GALLERY, inputs.partition)}/{PAGE}"
    return {"gallery": page.rows.with_columns(page=pl.lit(path, pl.String), digest=pl.lit(page.digest, pl.String))}
