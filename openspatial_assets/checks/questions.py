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
) + tuple(
    Rule(
        f"qa/{subtask}",
        "answers_verified",
        "A second implementation that shares no code with the generator agrees with every answer.",
        "select * from (select q.qa_id, q.scene_id, q.variant, q.question, q.answer, "
        "case when v.qa_id is null then 'not verified yet; materialise verifications' "
        "when v.checked <> md5(concat_ws(chr(10), q.question, q.answer, q.evidence)) "
        "then 'changed since it was verified; materialise verifications' else v.problem end as found "
        f"from qa_{subtask} q left join verifications v "
        "on q.scene_id = v.scene and q.variant = v.variant and q.qa_id = v.qa_id) where found is not null",
        reads=("verifications",),
    )
    for subtask in SUBTASKS
)
