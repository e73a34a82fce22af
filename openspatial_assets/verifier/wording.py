"""Whether a row's words fit its columns: what is asked, the options and their letters, yes or no, and the views.

What does not live here: how objects are named (`naming.py`), what an answer says (`said.py`), and whether it is right
(the modules of rules).
"""

import re
from itertools import pairwise

from openspatial_assets.verifier import caption_text, naming
from openspatial_assets.verifier.directions import directions_in, turns_in
from openspatial_assets.verifier.naming import names_of, places_in_text, without_names
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.said import UNITS, order_in, says
from openspatial_assets.verifier.world import World

AFFIRMING, DENYING = ("yes", "true", "correct"), ("no", "false", "incorrect")
PAIRED = {"true": ("true", "false"), "false": ("true", "false"), "correct": ("correct",), "incorrect": ("correct",)}
"""First word of a judgement -> the words of which its question must have one."""

OPTION = re.compile(r"^([A-D])\. (.*)$")
LETTERS = "ABCD"
MIN_RATIO = 1.2
"""Of two numbers among the options."""

GREATER = r"\b(larger|bigger|greater|more|taller|higher)\b"
LESSER = r"\b(smaller|less|lesser|shorter|lower|closer to the level of the floor)\b"
NEAR = r"\b(closest|nearest|closer|nearer|shortest|least|smallest|minimum)\b"
FAR = r"\b(farthest|furthest|farther|further|longest|greatest|largest|most distant|maximum)\b"
WITH_THE_CLOCK, AGAINST_THE_CLOCK = r"(?<!counter)(?<!counter-)(?<!anti)\bclockwise", r"\b(counter-?|anti-?)clockwise"
OPPOSED = {
    **dict.fromkeys(("larger", "taller", "higher"), (GREATER, LESSER)),
    **dict.fromkeys(("smaller", "shorter", "lower"), (LESSER, GREATER)),
    "front": (r"\bfront\b", r"\bbehind\b"),
    "behind": (r"\bbehind\b", r"\bfront\b"),
    "left": (r"\bleft\b", r"\bright\b"),
    "right": (r"\bright\b", r"\bleft\b"),
    "closest": (NEAR, FAR),
    "nearest": (NEAR, FAR),
    "farthest": (FAR, NEAR),
    "clockwise": (WITH_THE_CLOCK, AGAINST_THE_CLOCK),
    "counterclockwise": (AGAINST_THE_CLOCK, WITH_THE_CLOCK),
    "height": (r"\b(height|tall|vertical|bottom to top|high|upright)\b", r"\b(length|width|wide|horizontal)\b"),
    "length": (r"\b(length|long|longer)\b", r"\b(height|tall|width|wide|shorter)\b"),
    "width": (r"\b(width|wide|shorter)\b", r"\b(height|tall|length|longer)\b"),
}
"""What is asked -> words of which the question has one, if it has one of the second group at all."""

ANGLES = "R = Rz(yaw) Ry(pitch) Rx(roll)"
AXES = "x to the right, y down and z forward"


def problems(question: Question, world: World) -> list[str]:
    """What is wrong with the words of a row; the world must know the tags."""
    return [*naming.problems(question, world), *_views(question), *_asked(question, world), *_answer(question, world)]


def _views(question: Question) -> list[str]:
    """No view is named that is not shown, and none at all if there is only one."""
    text = "\n".join([question.row["question"], question.row["answer"], *(question.row["options"] or ())])
    numbers = {int(number) for number in re.findall(r"\b[Vv]iews? (\d+)", text)}
    count = len(question.frames)
    return [f"View {number} is not shown" for number in sorted(numbers) if not (count > 1 and 1 <= number <= count)]


def _asked(question: Question, world: World) -> list[str]:
    """The question asks for what the row says that it asks."""
    text, asks, found = without_names(question, world, _stem(question)), question.asks, []
    if asks in OPPOSED:
        own, other = (re.search(pattern, text) for pattern in OPPOSED[asks])
        if other and not own:
            found.append(f"asks {asks}, but says {other.group()!r}")
    if asks == "boxes" and not (ANGLES in question.row["question"] and AXES in question.row["question"]):
        found.append("the question does not state the convention of angles and axes")
    if question.row["answer_unit"] and question.form == "open_ended":
        units = "|".join(UNITS[question.row["answer_unit"]])
        if not re.search(rf"\b({units})\b", text):
            found.append(f"the question does not ask for {question.row['answer_unit']}")
    found += _order(question, world)
    if question.asks == "bearing":
        found += _position(question, text)
    if question.judged and question.subtask in ("camera_motion", "distance_object_camera", "camera_pose"):
        found += _claimed(question, text)
    if question.subtask == "correspondence_point":
        colors = [mark["color"] for mark in question.row["marks"] if mark["kind"] == "point" and not mark["label"]]
        if colors and colors[0] not in text:
            found.append(f"the {colors[0]} point is not named")
    return found


def _order(question: Question, world: World) -> list[str]:
    """Objects are named in their order; of a walk, whose goal may be named before it begins, for the last time."""
    if question.asks == "turns":
        places = [places_in_text(question, world, name, _stem(question))[-1:] for name in question.names]
        return [] if places == sorted(places) else ["the objects are not reached in their order"]
    if len(question.names) != 2 or question.asks == "boxes":
        return []
    first, second = (places_in_text(question, world, name, _stem(question)) for name in question.names)
    return ["the objects are named in another order"] if second and first and second[-1] < first[0] else []


def _stem(question: Question) -> str:
    """The question without its options."""
    lines = question.row["question"].split("\n")
    return "\n".join(line for line in lines if not OPTION.match(line)) if question.row["options"] else "\n".join(lines)


def _position(question: Question, text: str) -> list[str]:
    said, found = directions_in(text), []
    if question.told["facing"] not in said:
        found.append(f"the question does not say that B lies {question.told['facing']}")
    if question.judged and question.claim[0] not in said:
        found.append(f"the question does not claim {question.claim[0]}")
    return found


def _claimed(question: Question, text: str) -> list[str]:
    """Whether a judgement about cameras names what it claims."""
    claimed = question.claim[0] if question.subtask == "camera_motion" else question.claim[1]
    if question.subtask == "camera_motion":
        said = claimed in turns_in(text)
    elif question.subtask == "distance_object_camera":
        said = f"view {claimed}" in text
    else:
        said = order_in(text, len(question.frames)) == claimed.split(">")
    return [] if said else [f"the question does not claim {claimed}"]


def _answer(question: Question, world: World) -> list[str]:
    row, answer, label = question.row, question.row["answer"], question.label
    if question.judged:
        word = re.split(r"\W", answer.lower())[0]
        if word not in (AFFIRMING if label == "yes" else DENYING):
            return [f"answer {answer!r} for {label}"]
        asked = row["question"].lower()
        fits = word not in PAIRED or any(re.search(rf"\b{one}\b", asked) for one in PAIRED[word])
        return [] if fits else [f"answer {answer!r} to another kind of question"]
    if row["form"] == "multiple_choice":
        return _choice(question, world)
    if question.subtask == "scene_caption":
        return caption_text.problems(question, world)
    return [] if question.asks == "boxes" or says(question, world, answer) else [f"answer {answer!r} for {label}"]


def _choice(question: Question, world: World) -> list[str]:
    row, found = question.row, []
    options = [match.groups() for line in row["question"].split("\n") if (match := OPTION.match(line))]
    if [letter for letter, _ in options] != list(LETTERS) or [text for _, text in options] != list(row["options"]):
        return [f"options {options} are not {row['options']}"]
    if len(set(row["options"])) != len(LETTERS):
        found.append("two options are the same")
    letter, _, text = row["answer"].partition(". ")
    if len(letter) != 1 or letter not in LETTERS:
        return [*found, f"answer {row['answer']!r}"]
    place = LETTERS.index(letter)
    option = row["options"][place]
    if text and text != option:
        found.append(f"answer {row['answer']!r}, but option {letter} is {option!r}")
    if not says(question, world, option):
        found.append(f"option {letter} is {option!r}, but the label is {row['answer_label']}")
    if row["answer_value"] is not None:
        numbers = sorted(float(text.split()[0]) for text in row["options"])
        if any(b < MIN_RATIO * a or b / MIN_RATIO * (1 + 1e-9) < a for a, b in pairwise(numbers)):
            found.append(f"options {numbers} are less than 20 % apart")
    said = question.options
    if len(said) != len(LETTERS):
        return [*found, f"{len(said)} options in the evidence"]
    # Labels of points are numbers, and so may be the ids of objects.
    if all(name in world.boxes for name in said) and said[place] != question.label:
        found.append(f"option {letter} is {said[place]}")
    for name, text in zip(said, row["options"], strict=True):
        if name in world.boxes and text not in names_of(question, world, name) and name in question.told["boxes"]:
            found.append(f"option {text!r} is not what {name} is called")
    return found
