"""Whether a row's words say what its columns mean: letter, yes or no, number and unit, names that fit one object."""

import json
import re
from collections.abc import Mapping
from itertools import pairwise

from oracle.world import World

AFFIRMING, DENYING = ("yes", "true", "correct"), ("no", "false", "incorrect")
UNITS = {"m": ("m", "meters"), "cm": ("cm", "centimeters")}
OPTION = re.compile(r"^([A-D])\. (.*)$")
SAID = {"left": "left", "right": "right", "front": "in front", "behind": "behind"}


def name_of(row: Mapping, world: World, object_id: str) -> tuple[str, ...]:
    """The names that the question may call an object by: as it is drawn, or its bare tag if nothing is drawn."""
    tag = " ".join(world.tags[object_id].split())
    drawn = [mark for mark in row["marks"] if mark["object_id"] == object_id]
    if not drawn:
        return (f"the {tag}",)
    (mark,) = drawn
    if mark["kind"] == "point":
        return f"the {tag} (point {mark['label']})", f"the object at point {mark['label']}"
    return (f"the {tag} ({mark['color']} {mark['kind']})",)


def problems(row: Mapping, world: World) -> list[str]:
    return [*_marks(row, world), *_names(row, world), *_answer(row, world)]


def _marks(row: Mapping, world: World) -> list[str]:
    """No two marks look alike, and what is not marked has a tag that fits nothing else in the frame."""
    found, frame, marks = [], row["frame_ids"][0], row["marks"]
    if len({mark["color"] for mark in marks}) != len(marks):
        found.append("two marks have the same colour")
    labels = [mark["label"] for mark in marks if mark["kind"] == "point"]
    if len(set(labels)) != len(labels) or None in labels:
        found.append(f"point labels {labels}")
    if row["subtask"] == "grounding_3d":
        return found if not marks else [*found, "marks are drawn, though no object is named"]
    marked = {mark["object_id"] for mark in marks}
    named = {*row["object_ids"], *json.loads(row["evidence"]).get("options", [])} & set(world.boxes)
    if not marked <= named:
        found.append(f"{sorted(marked - named)} marked, but not named")
    for name in sorted(named - marked):
        tag = world.tags[name].strip().lower()
        fitting = [n for n in world.reaching[frame] if f" {world.tags[n].strip().lower()}".endswith(f" {tag}")]
        if fitting != [name]:
            found.append(f"{name} goes unmarked, but {tag!r} fits {fitting}")
    return found


def _names(row: Mapping, world: World) -> list[str]:
    """Every object is named in the question as it is drawn."""
    text = row["question"].lower()
    if row["subtask"] == "grounding_3d":
        tag = " ".join(world.tags[row["object_ids"][0]].split()).lower()
        return [] if f"every {tag}" in text or f"all {tag}" in text else [f"{tag} is not named"]
    if row["subtask"].startswith("depth_"):
        labels = [mark["label"] for mark in row["marks"]]
        tagged = all(f"(point {label})".lower() in text for label in labels)
        untagged = re.search(r"at points? " + r"\W+(?:and |or )?".join(map(str.lower, labels)), text)
        ids = [mark["object_id"] for mark in row["marks"]] == list(row["object_ids"])
        return [] if (tagged or untagged) and ids else ["the points are not named in order"]
    named = [name for name in row["object_ids"] if not any(n.lower() in text for n in name_of(row, world, name))]
    return [f"{name} is not named as drawn" for name in named]


def _answer(row: Mapping, world: World) -> list[str]:
    answer, label = row["answer"], row["answer_label"]
    if row["form"] == "judgement":
        word = re.split(r"\W", answer.lower())[0]
        right = AFFIRMING if label == "yes" else DENYING
        return [] if word in right else [f"answer {answer!r} for {label}"]
    if row["form"] == "multiple_choice":
        return _choice(row, world)
    return [] if row["subtask"] == "grounding_3d" or _says(row, world, answer) else [f"answer {answer!r} for {label}"]


def _choice(row: Mapping, world: World) -> list[str]:
    found, told = [], json.loads(row["evidence"])
    options = [match.groups() for line in row["question"].split("\n") if (match := OPTION.match(line))]
    if [letter for letter, _ in options] != list("ABCD") or [text for _, text in options] != list(row["options"]):
        return [f"options {options} are not {row['options']}"]
    if len(set(row["options"])) != 4:
        found.append("two options are the same")
    letter, _, text = row["answer"].partition(". ")
    option = row["options"]["ABCD".index(letter)]
    if text and text != option:
        found.append(f"answer {row['answer']!r}, but option {letter} is {option!r}")
    if not _says(row, world, option):
        found.append(f"option {letter} is {option!r}, but the label is {row['answer_label']}")
    if row["answer_value"] is not None:
        numbers = sorted(float(text.split()[0]) for text in row["options"])
        if any(b < 1.2 * a or b * 0.8 < a for a, b in pairwise(numbers)):
            found.append(f"options {numbers} are less than 20 % apart")
    said = told["options"]
    if row["answer_label"] in world.boxes and said["ABCD".index(letter)] != row["answer_label"]:
        found.append(f"option {letter} is {said['ABCD'.index(letter)]}")
    return found


def _says(row: Mapping, world: World, text: str) -> bool:
    """Whether `text` says the row's value or label, and no other."""
    if row["answer_value"] is not None:
        digits, unit = re.search(r"(?<![\w.])(\d+(?:\.\d+)?) (\w+)", text.split(" is ")[-1]).groups()
        step, units = 1.0 if row["answer_unit"] == "cm" else 0.01, UNITS[row["answer_unit"]]
        asked = row["form"] == "multiple_choice" or re.search(rf"\b({'|'.join(units)})\b", row["question"])
        return bool(asked) and unit in units and abs(float(digits) - row["answer_value"]) <= step / 2 + 1e-9
    label = row["answer_label"]
    if label in SAID:
        names = [n for name in row["object_ids"] for n in name_of(row, world, name)]
        words = re.sub("|".join(map(re.escape, names)), "", text.lower())
        return SAID[label] in words and not any(other in words for key, other in SAID.items() if key != label)
    if ">" in label:
        points = {mark["object_id"]: mark["label"] for mark in row["marks"]}
        order = [points[name] for name in label.split(">")]
        return re.findall(r"(?:point |^|, )([A-E1-5])(?=\b)", text.replace("Point", "point")) == order
    right = [name.lower() for name in name_of(row, world, label)]
    others = [n.lower() for name in row["object_ids"] if name != label for n in name_of(row, world, name)]
    rest = text.lower()
    for name in right:
        rest = rest.replace(name, "")
    return rest != text.lower() and not any(name in rest for name in others)
