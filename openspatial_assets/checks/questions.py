"""Checks of the questions of all sub-tasks."""

from openspatial_assets.checks.rule import Rule
from openspatial_assets.engine.questions import SUBTASKS

RULES = tuple(
    Rule(
        f"qa/{subtask}",
        "answers_can_be_checked",
        "Every question has evidence, a multiple choice holds its answer once, and no length is asked without a scale.",
        "select qa_id, scene_id, variant, form, question from "
        f"qa_{subtask} where not json_valid(evidence) or json_extract(evidence, '$.asks') is null "
        "or (form = 'multiple_choice' and (len(options) <> 4 or len(list_distinct(options)) <> 4)) "
        "or (form = 'judgement' and answer_label not in ('yes', 'no')) "
        "or (not metric and answer_unit in ('m', 'cm'))",
    )
    for subtask in SUBTASKS
)
