"""How well the answers of a sub-task are guessed from words alone, by someone who sees no image.

Names of objects are taken out of the words first: what then is guessed better than by chance is given away by a
wording, by the options, or by an uneven share of the answers. With the names put back, what is guessed better is common
knowledge (a mug is smaller than a sofa): no fault, but worth knowing. What does not belong here: the classifier
(`guessing.py`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from openspatial_assets.engine.dataset.closed_labels import Row, closed_labels, label_classes, objects_in
from openspatial_assets.engine.dataset.guessing import Guess, guess_classes, guess_options
from openspatial_assets.engine.dataset.mixture import letter_of
from openspatial_assets.engine.dataset.quality import YES_NO, Tags
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPTIONS
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.options import LETTERS

FIRST_OPTION = f"\n{LETTERS[0]}. "
"""Begins the options below a question."""

NAME = "~"
"""Stands for the name of an object."""

SAME_NUMBER = {"are": "is", "do": "does", "have": "has", "they": "it"}
"""Whether an object's name is plural is a matter of the name, not of the wording."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?= |$)")


def guesses_of(rows: Sequence[Row], tags: Tags) -> dict[str, Guess | None]:
    """What was guessed -> how well.

    `judgement`: yes or no. `choice`: which option is right, from what the options say. `label`: the answer, where it is
    out of a closed set. `judgement_with_names`, `choice_with_names`: the same with the names of the objects.
    """
    judged = [row for row in rows if row["form"] == JUDGEMENT]
    chosen = [row for row in rows if row["form"] == MULTIPLE_CHOICE and letter_of(row["answer"])]
    closed = [row for row in rows if closed_labels(row) == [row["answer_label"]]]

    said = [YES_NO.index(row["answer_label"]) for row in judged]
    either = np.ones((len(judged), len(YES_NO)), np.bool_)
    words = [question_words(row, tags) for row in judged]
    named = [[*plain, *_asked_of(row, tags)] for row, plain in zip(judged, words, strict=True)]

    places = [LETTERS.index(letter_of(row["answer"])) for row in chosen]
    options = [option_words(row, tags) for row in chosen]
    options_named = [_options_named(row, plain, tags) for row, plain in zip(chosen, options, strict=True)]
    # Of a left and right, two of four options can never be right; whoever knows that is no better than even at it.
    chance = _choice_chance(chosen)
    return {
        "judgement": guess_classes(words, said, either, _scenes(judged)),
        "judgement_with_names": guess_classes(named, said, either, _scenes(judged)),
        "choice": guess_options(options, places, _scenes(chosen), chance),
        "choice_with_names": guess_options(options_named, places, _scenes(chosen), chance),
        "label": guess_classes([question_words(row, tags) for row in closed], *label_classes(closed), _scenes(closed)),
    }


def question_words(row: Row, tags: Tags) -> list[str]:
    """The words of a question without its options and without names, and the whole as one word more."""
    text = row["question"].rsplit(FIRST_OPTION, 1)[0] if row["options"] else row["question"]
    return _words(text, _names(row, tags))


def option_words(row: Row, tags: Tags) -> list[list[str]]:
    """The words of each option without names, its place, and its rank by number or length."""
    numbers = [_NUMBER.match(text) for text in row["options"]]
    if all(numbers):
        values = [float(found[0]) for found in numbers]
        return [[f"place {at}", f"number {_rank(value, values)}"] for at, value in enumerate(values)]
    words = [_words(text, _names(row, tags)) for text in row["options"]]
    return [[*some, f"place {at}", *_by_length(some[-1], [w[-1] for w in words])] for at, some in enumerate(words)]


def _words(text: str, names: frozenset[str]) -> list[str]:
    pattern = _any_of(names)
    text = (pattern.sub(NAME, text) if pattern else text).lower()
    words = [SAME_NUMBER.get(word, word).rstrip("s") for word in re.findall(rf"[\w'-]+|{NAME}", text)]
    return [*words, " ".join(words)]


def _names(row: Row, tags: Tags) -> frozenset[str]:
    scene = row["scene_id"]
    return frozenset(tidy(tags[scene, name]) for name in objects_in(row) if (scene, name) in tags) - {""}


@lru_cache(maxsize=4096)
def _any_of(names: frozenset[str]) -> re.Pattern[str] | None:
    """Any of the names as it stands, the longest first."""
    found = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, found))})(?!\w)", re.IGNORECASE) if found else None


def _asked_of(row: Row, tags: Tags) -> list[str]:
    """The tags of a question's objects, each with its place and with what is asked."""
    known = [tags.get((row["scene_id"], name), "") for name in row["object_ids"]]
    return [f"{row['told'].get('asks')} {place} {tag}" for place, tag in enumerate(known)]


def _options_named(row: Row, options: list[list[str]], tags: Tags) -> list[list[str]]:
    """The words of the options as they are said, each with the tag of its object and with what is asked."""
    told, texts = row["told"], row["options"]
    known = [tags.get((row["scene_id"], name), "") for name in told.get("options", [""] * len(options))]
    return [
        [*words, f"{told.get('asks')} {tag}", *_by_length(text, texts)]
        for words, tag, text in zip(options, known, texts, strict=True)
    ]


def _by_length(text: str, texts: Sequence[str]) -> tuple[str, str]:
    """Where a text stands among others by its length: among the short ones, and among the long ones."""
    lengths = [float(len(other)) for other in texts]
    return f"length {_rank(len(text), lengths)}", f"length -{_rank(-len(text), [-other for other in lengths])}"


def _rank(value: float, values: Sequence[float]) -> int:
    """How many of `values` are smaller."""
    return sum(other < value for other in values)


def _choice_chance(rows: Sequence[Row]) -> float:
    """Share of multiple choices that are right by chance: 1 of 4, or more where fewer labels can be right at all."""
    closed = [row for row in rows if closed_labels(row) == [row["answer_label"]]]
    plausible = np.minimum(label_classes(closed)[1].sum(axis=1), OPTIONS)
    return float(((1 / plausible).sum() + (len(rows) - len(closed)) / OPTIONS) / len(rows)) if rows else 1 / OPTIONS


def _scenes(rows: Sequence[Row]) -> list[str]:
    return [row["scene_id"] for row in rows]
