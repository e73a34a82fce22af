"""The rules of all sub-tasks together: what is wrong with a row.

`problems(row, world)` lists what is wrong with a row: its answer, its margins, its words; an empty list means that it
is right. With `world_of_evidence(row)` the same is computed from the row alone. `answer_holds` is the answer without
margins, for worlds that were shaken or measured in another way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openspatial_assets.verifier import cameras, captions, correspondence, multi_view, routes, single_view, wording
from openspatial_assets.verifier.question import Question, margin_problems
from openspatial_assets.verifier.world import World

Check = Callable[[Question, World], list[str]]


@dataclass(frozen=True)
class Rule:
    """What is checked of a sub-task: its answer without margins, and all that further must hold."""

    answer: Check
    further: Check
    asks: tuple[str, ...]
    forms: tuple[str, ...]
    views: tuple[int, int] = (1, 1)


OPEN, CHOICE, JUDGED = "open_ended", "multiple_choice", "judgement"
COMPARED = (single_view.comparison, single_view.comparison_margins)
DEPTHS = (single_view.depths, single_view.depth_margins)
ALL = (OPEN, CHOICE, JUDGED)

RULES: Mapping[str, Rule] = {
    "size_absolute": Rule(single_view.size, single_view.size_margins, single_view.OWN_SIZE, (OPEN, CHOICE)),
    "size_relative": Rule(*COMPARED, tuple(single_view.VOLUME | single_view.HEIGHT), ALL),
    "distance_absolute": Rule(single_view.distance, single_view.distance_margins, ("distance",), (OPEN, CHOICE)),
    "grounding_3d": Rule(single_view.grounding, single_view.grounding_margins, ("boxes",), (OPEN,)),
    "left_right": Rule(*COMPARED, tuple(single_view.SIDE), ALL),
    "high_low": Rule(*COMPARED, tuple(single_view.LEVEL), ALL),
    "front_behind": Rule(*COMPARED, tuple(single_view.DEPTH), ALL),
    "depth_choice": Rule(*DEPTHS, ("rank",), (OPEN, CHOICE)),
    "depth_order": Rule(*DEPTHS, ("order",), (OPEN, CHOICE)),
    "distance_object_camera": Rule(
        cameras.nearness, cameras.nearness_margins, ("closest", "farthest"), (OPEN, JUDGED), (2, 3)
    ),
    "camera_motion": Rule(cameras.motion, cameras.motion_margins, ("rotation", "translation"), ALL, (2, 2)),
    "camera_pose": Rule(
        cameras.arrangement, cameras.arrangement_margins, ("clockwise", "counterclockwise"), ALL, (3, 4)
    ),
    "multiview_distance_relative": Rule(
        multi_view.relative_distance, multi_view.relative_distance_margins, ("nearest", "farthest"), ALL, (2, 4)
    ),
    "multiview_distance_absolute": Rule(
        single_view.distance, multi_view.absolute_distance_margins, ("distance",), (OPEN, CHOICE), (2, 2)
    ),
    "multiview_position": Rule(multi_view.position, multi_view.position_margins, ("bearing",), ALL, (2, 4)),
    "correspondence_point": Rule(
        correspondence.point, correspondence.point_margins, ("match",), (OPEN, CHOICE), (2, 2)
    ),
    "correspondence_object": Rule(
        correspondence.visible_again, correspondence.visible_again_margins, ("visible",), (CHOICE, JUDGED), (2, 2)
    ),
    "scene_caption": Rule(captions.caption, captions.caption_margins, ("caption",), (OPEN,), captions.VIEWS),
    "route_plan": Rule(routes.route, routes.route_margins, ("turns",), (OPEN, CHOICE), (1, 8)),
}
"""Sub-task -> its rule."""


def answer_holds(world: World, row: Mapping) -> bool:
    """Whether the answer is the right one in `world`, and of its options the only right one, whatever the margins."""
    question = Question.of(row)
    return not RULES[question.subtask].answer(question, world)


def problems(row: Mapping, world: World, complete: bool = True) -> list[str]:
    """What is wrong with a row.

    Args:
        complete: whether the world holds all objects, tags and visible fractions, not only a question's evidence.
    """
    return problems_of(Question.of(row), world, complete)


def problems_of(question: Question, world: World, complete: bool = True) -> list[str]:
    """What is wrong with a question."""
    rule = RULES[question.subtask]
    found = _shape(question, rule)
    if found:
        return found
    found = rule.answer(question, world) + rule.further(question, world) + margin_problems(question)
    if len(question.frames) > 1 and question.subtask != "scene_caption":
        found += multi_view.pair_problems(question, world)
    if complete:
        if len(question.frames) == 1 and question.subtask != "route_plan":
            found += single_view.visibility(question, world)
        found += wording.problems(question, world)
    return found


def _shape(question: Question, rule: Rule) -> list[str]:
    """Whether the columns are there that the sub-task needs."""
    row, found = question.row, []
    if question.asks not in rule.asks:
        found.append(f"asks {question.asks}")
    if question.form not in rule.forms:
        found.append(f"form {question.form}")
    if not rule.views[0] <= len(question.frames) <= rule.views[1] or len(set(question.frames)) != len(question.frames):
        found.append(f"views {list(question.frames)}")
    if len(set(question.names)) != len(question.names):
        found.append(f"objects {list(question.names)}")
    if (row["options"] is not None) != (question.form == CHOICE):
        found.append(f"options {row['options']} of a {question.form} question")
    if question.judged and question.label not in ("yes", "no"):
        found.append(f"label {question.label} of a judgement")
    measured = single_view.size, single_view.distance
    if (row["answer_value"] is not None) != (rule.answer in measured) or (row["answer_unit"] is None) != (
        row["answer_value"] is None
    ):
        found.append(f"value {row['answer_value']} {row['answer_unit']}")
    unlabelled = rule.answer in (*measured, single_view.grounding, captions.caption)
    if (question.label is None) != unlabelled:
        found.append(f"label {question.label}")
    return found
