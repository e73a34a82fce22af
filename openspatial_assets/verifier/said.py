"""Whether the text of an answer or an option says a row's value or label, and no other.

What does not live here: the other words of a row (`wording.py`).
"""

import re
from collections.abc import Callable, Mapping

from openspatial_assets.verifier.directions import DIRECTION_WORDS, directions_in, turns_in
from openspatial_assets.verifier.naming import names_of, places_in_text, without, without_names
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.world import World

UNITS = {"m": ("m", "meters", "meter"), "cm": ("cm", "centimeters", "centimeter")}
STEP = {"m": 0.01, "cm": 1.0}
NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (m|meters?|cm|centimeters?)\b")
VIEW_NUMBER = re.compile(r"(?<![\d.])([1-8])(?![\d.]\d)(?!\))")
POINT = re.compile(r"(?:[Pp]oint |^| is )([A-D1-4])\b")
POINTS_IN_ORDER = re.compile(r"(?:[Pp]oint |^|, )([A-E1-5])(?=\b)")

WITH_ANCHOR = ("multiview_distance_relative",)
"""Sub-tasks whose first object is never the answer."""


def says(question: Question, world: World, text: str) -> bool:
    """Whether `text` says the row's value or label, and no other."""
    if question.row["answer_value"] is not None:
        return _says_length(question, without_names(question, world, text))
    if question.label is None:
        return False
    if question.subtask in SAYS:
        return SAYS[question.subtask](question, text, without_names(question, world, text))
    if question.subtask in ("left_right", "front_behind"):
        return _says_side(question, world, text)
    return _says_object(question, world, text)


def order_in(text: str, count: int) -> list[str]:
    """The last order of as many views as there are in a text; it may end with the first one again."""
    numbers = VIEW_NUMBER.findall(text)
    if len(numbers) > count and len(set(numbers[-count:])) == count and numbers[-1] == numbers[-1 - count] == "1":
        numbers = numbers[:-1]
    return numbers[-count:]


def _says_length(question: Question, rest: str) -> bool:
    unit, numbers = question.row["answer_unit"], NUMBER.findall(rest)
    if len(numbers) != 1 or numbers[0][1] not in UNITS[unit]:
        return False
    return abs(float(numbers[0][0]) - question.row["answer_value"]) <= STEP[unit] / 2 + 1e-9


def _says_points(question: Question, text: str, rest: str) -> bool:
    points = {mark["object_id"]: mark["label"] for mark in question.row["marks"]}
    return POINTS_IN_ORDER.findall(text) == [points[name] for name in question.label.split(">")]


def _says_position(question: Question, text: str, rest: str) -> bool:
    said = directions_in(rest)
    return question.label in said and set(said) <= {question.label, question.told["facing"]}


SAYS: Mapping[str, Callable[[Question, str, str], bool]] = {
    "depth_order": _says_points,
    "distance_object_camera": lambda question, _, rest: set(re.findall(r"\bview (\d)", rest)) == {question.label},
    "camera_motion": lambda question, _, rest: set(turns_in(rest)) == {question.label},
    "camera_pose": lambda question, _, rest: order_in(rest, len(question.frames)) == question.label.split(">"),
    "multiview_position": _says_position,
    "correspondence_point": lambda question, text, _: POINT.findall(text) == [question.label],
    "route_plan": lambda question, _, rest: turns_in(rest) == question.label.split(">"),
}
"""Sub-task -> whether a text, as it is and in lower case without names, says the label."""


def _says_side(question: Question, world: World, text: str) -> bool:
    """Whether an answer about two objects says the side, and names them in their order, if it does."""
    rest = without_names(question, world, text)
    others = [word for side, word in DIRECTION_WORDS.items() if side != question.label]
    if not re.search(DIRECTION_WORDS[question.label], rest) or any(re.search(word, rest) for word in others):
        return False
    first, second = (places_in_text(question, world, name, text) for name in question.names)
    return not second or bool(first and first[0] < second[0])


def _says_object(question: Question, world: World, text: str) -> bool:
    """Whether a text names the right object, and none of those that it could be taken for."""
    rest = without(text, names_of(question, world, question.label))
    # the answer about an anchor may name it
    others = question.names[1:] if question.subtask in WITH_ANCHOR else question.involved
    names = [name for one in others if one != question.label for name in names_of(question, world, one)]
    return rest != text.lower() and rest == without(rest, names)
