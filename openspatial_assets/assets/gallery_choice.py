"""Which questions of a scene its gallery shows: so many of each sub-task, evenly spread over forms and frames.

What does not belong here: what is shown of them (`gallery.py`).
"""

from collections.abc import Sequence

import polars as pl

from openspatial_assets.engine.rendering.gallery_settings import GallerySettings

GROUP = ("variant", "subtask")

CHOICE_COLUMNS = (*GROUP, "form", "frame_ids", "qa_id")
"""The columns of questions that the choice looks at."""


def spread_order(count: int) -> list[int]:
    """The rank of each of `count` places such that, for every n, those of rank < n lie evenly over all of them.

    The binary digits of the places, read backwards (van der Corput's sequence).
    """
    digits = max(count - 1, 1).bit_length()
    backwards = [int(f"{place:0{digits}b}"[::-1], 2) for place in range(count)]
    ranks = [0] * count
    for rank, place in enumerate(sorted(range(count), key=backwards.__getitem__)):
        ranks[place] = rank
    return ranks


def chosen_questions(questions: pl.DataFrame, frame_ids: Sequence[str], settings: GallerySettings) -> pl.DataFrame:
    """The rows of `questions` that are shown, ordered by variant, sub-task, frames and qa_id.

    Within a sub-task of a variant the forms take turns; each form goes through the frames in one order that is the same
    for all, so that few frames serve many questions. A question that would take the page over its number of frames is
    passed over for the next one that does not.

    Args:
        questions: of one scene, all sub-tasks and variants.
        frame_ids: of the scene, in the order of capture.
    """
    order = _preferred(questions, frame_ids)
    shown_frames: set[str] = set()
    taken: list[int] = []
    queues = [part.iter_rows() for part in order.partition_by(*GROUP, maintain_order=True, include_key=False)]
    room = [settings.questions_per_subtask] * len(queues)
    while queues:
        # One question of each sub-task in turn: the first sub-tasks must not use up the page's frames.
        waiting, left = [], []
        for queue, free in zip(queues, room, strict=True):
            found = _next_that_fits(queue, shown_frames, settings.max_frames) if free else None
            if found is not None:
                taken.append(found)
                waiting.append(queue)
                left.append(free - 1)
        queues, room = waiting, left
    return questions[sorted(taken)].sort(*GROUP, "frame_ids", "qa_id")


def _next_that_fits(queue, shown_frames: set[str], max_frames: int) -> int | None:
    for row, frame_ids in queue:
        if len(shown_frames.union(frame_ids)) <= max_frames:
            shown_frames.update(frame_ids)
            return row
    return None


def _preferred(questions: pl.DataFrame, frame_ids: Sequence[str]) -> pl.DataFrame:
    """Row numbers of `questions` with their group and frames, in the order in which they are taken."""
    places = pl.DataFrame(
        {"first": list(frame_ids), "place": spread_order(len(frame_ids))},
        schema={"first": pl.String, "place": pl.Int64},
    )
    return (
        questions.select(*GROUP, "form", "qa_id", "frame_ids", first=pl.col("frame_ids").list.first())
        .with_row_index("row")
        .join(places, on="first", how="left")
        .sort("place", "qa_id", nulls_last=True)
        .with_columns(round=pl.int_range(pl.len()).over(*GROUP, "form", "first"))
        .sort("round", "place", "qa_id", nulls_last=True)
        .with_columns(turn=pl.int_range(pl.len()).over(*GROUP, "form"))
        .sort(*GROUP, "turn", "form", "row")
        .select(*GROUP, "row", "frame_ids")
    )
