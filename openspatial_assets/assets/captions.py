"""Captions in other words: rows of `qa/scene_caption` in, the same rows out, some of them rephrased.

What lives here: reading captions and their facts out of rows, and writing them back. What does not: who rephrases
(`resources/captioner.py`), and what a rephrased caption has to say (`engine/questions/caption_check.py`).
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from openspatial_assets.engine.questions.caption_check import VERSION as CHECK_VERSION
from openspatial_assets.engine.questions.caption_settings import CaptionSettings
from openspatial_assets.engine.questions.caption_statements import is_relation
from resources.captioner import SERVICE_FAILED, Captioner, Rephrasing, load

RULE_VERSION = f"captions checked {CHECK_VERSION}"

MOST_FAILURES = 3
"""Captions in a row that the service may fail on before the others are not even asked about."""

GIVEN_UP = f"{SERVICE_FAILED} {MOST_FAILURES} times in a row, so it was not asked"

log = logging.getLogger(__name__)


def rephrased(rows: pl.DataFrame, settings: CaptionSettings, cache_folder: str) -> pl.DataFrame:
    """The captions of one scene, those in other words that pass the check.

    Of a rephrased row, `answer` is the new text, and evidence has `rephrased`, `rephrased_by` (the model), `plain` (the
    old text) and the facts that are still stated, each with its new sentence as `text`. Of a row that was refused,
    evidence has `rephrasing_refused`, the reason.

    Args:
        rows: of `qa/scene_caption`.
        cache_folder: where the model's answers are kept, a path or a URL.

    Raises:
        GeminiError: there is no key, or the service refuses the request as such.
    """
    if settings.captioner == "none" or rows.is_empty():
        return rows
    return rephrased_by(rows, load(settings, cache_folder), settings.model)


def rephrased_by(rows: pl.DataFrame, captioner: Captioner, model: str) -> pl.DataFrame:
    """The same, by a given captioner."""
    answers, evidences, failures = [], [], 0
    for row in rows.select("answer", "evidence", "frame_ids").iter_rows(named=True):
        told = json.loads(row["evidence"])
        outcome = Rephrasing(row["answer"], reason=GIVEN_UP)
        if failures < MOST_FAILURES:
            outcome = captioner.rephrase(row["answer"], told["facts"], len(row["frame_ids"]))
            failed = (outcome.reason or "").startswith(SERVICE_FAILED)
            failures = failures + 1 if failed else 0
        answers.append(outcome.text)
        evidences.append(json.dumps(_told(told, row["answer"], outcome, model), ensure_ascii=False, allow_nan=False))
    found = rows.with_columns(
        pl.Series("answer", answers, dtype=rows.schema["answer"]),
        pl.Series("evidence", evidences, dtype=rows.schema["evidence"]),
    )
    for outcome, count in sorted(rephrasing_counts(found).items()):
        log.info("captions %s: %d", outcome, count)
    return found


def rephrasing_counts(rows: pl.DataFrame) -> dict[str, int]:
    """How many captions were rephrased, stayed plain, and were refused, by reason."""
    counts: Counter[str] = Counter()
    for evidence in rows["evidence"].to_list():
        told = json.loads(evidence)
        reason = told.get("rephrasing_refused")
        counts["rephrased" if told.get("rephrased") else f"refused: {reason}" if reason else "plain"] += 1
    return dict(counts)


def _told(told: dict[str, Any], plain: str, outcome: Rephrasing, model: str) -> dict[str, Any]:
    """The evidence of a row after it was rephrased, or refused."""
    if outcome.reason is not None:
        return {**told, "rephrasing_refused": outcome.reason}
    if not outcome.sentences:
        return told
    said = {place: sentence.text for sentence in outcome.sentences for place in sentence.cited}
    facts = [{**fact, "text": said[place]} for place, fact in enumerate(told["facts"]) if place in said]
    new = {**told, "facts": facts, "rephrased": True, "rephrased_by": model, "plain": plain}
    return {**new, "margin": _margin(told["margin"], facts, outcome.text)}


def _margin(margin: Mapping[str, Any], facts: list[dict[str, Any]], text: str) -> dict[str, Any]:
    """The margin with what was found in the new text."""
    words = len(text.split())
    counts = {"relations": sum(map(is_relation, facts)), "words": words, "max_words": words}
    return {**margin, "found": {**margin["found"], **counts}}
