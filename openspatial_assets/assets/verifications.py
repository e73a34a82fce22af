"""The verification of one scene's questions: tables in, tables out.

What lives here: handing a question table to the second implementation. What does not: that implementation
(`openspatial_assets/verifier`, which shares no code with the engine), and the check that reads its findings
(`checks/questions.py`).
"""

import polars as pl

from openspatial_assets.verifier.verify import verified
from resources.tables import VERIFICATIONS

RULE_VERSION = "1"

WHOLE_BOXES = "box"
"""The representation whose questions measure the scene's own boxes, not boxes fitted to what one frame sees."""


def verifications_of(
    questions: pl.DataFrame, frames: pl.DataFrame, scene_boxes: pl.DataFrame, representation: str
) -> pl.DataFrame:
    """What the second implementation says of every question of one sub-task in a scene and variant."""
    if questions.is_empty():
        return VERIFICATIONS.empty()
    return verified(questions, frames, scene_boxes, representation == WHOLE_BOXES).cast(VERIFICATIONS.schema)
