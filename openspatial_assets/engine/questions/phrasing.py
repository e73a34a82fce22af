"""The wordings of questions and answers: read from `phrasings/<sub-task>.json`, and filled in.

A file holds form -> asks -> list of wordings. A key such as `left|right` counts for each of the asks that it names; the
wordings of several keys add up. A wording has `question`, and `answer`, or for a judgement `yes` and `no`.

Placeholders: `{a}` is filled with the text of that name, `{A}` with the same text with a capital, `{a|is|are}` with the
first word if it is singular and the second if it is plural. Any other brace is text, and so is everything that is
filled in: a tag with braces or quotes stays as it is. The first letter of a sentence that begins with a placeholder
becomes a capital.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from openspatial_assets.engine.questions.grammar import capitalized

PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)(?:\|([^{}|]*)\|([^{}|]*))?\}")
BETWEEN_ASKS = "|"


@dataclass(frozen=True)
class Text:
    """A wording cut at its placeholders: `pieces` is text, name, singular, plural, text, name ... text."""

    pieces: tuple[str | None, ...]

    @classmethod
    def parsed(cls, text: str) -> "Text":
        return cls(tuple(PLACEHOLDER.split(text)))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name[0].lower() + name[1:] for name in self.pieces[1::4])

    def filled(self, words: Mapping[str, str], plural: Mapping[str, bool]) -> str:
        """The text with `words` in its placeholders; `plural` says of a name whether it takes "are"."""
        pieces, parts = self.pieces, [self.pieces[0]]
        for place in range(1, len(pieces), 4):
            name, one, many, after = pieces[place : place + 4]
            if one is not None:
                parts.append(many if plural[name] else one)
            elif name in words:
                parts.append(words[name])
            else:
                parts.append(capitalized(words[name[0].lower() + name[1:]]))
            parts.append(after)
        text = "".join(parts)
        return text if pieces[0] else capitalized(text)


@dataclass(frozen=True)
class Wording:
    """One way to ask: the question, and the answers `answer`, or `yes` and `no`."""

    question: Text
    answers: Mapping[str, Text]


@cache
def wordings(subtask: str) -> Mapping[tuple[str, str], tuple[Wording, ...]]:
    """(form, asks) -> the wordings of a sub-task, from its data file.

    Raises:
        ValueError: there is no such file, or an entry of it lacks its question or its answers.
    """
    data = json.loads(_data(subtask))
    found: dict[tuple[str, str], tuple[Wording, ...]] = {}
    for form, groups in data.items():
        for group, entries in groups.items():
            read = tuple(_wording(f"phrasings/{subtask}.json, {form}, {group}", entry) for entry in entries)
            for asks in group.split(BETWEEN_ASKS):
                found[form, asks] = found.get((form, asks), ()) + read
    return found


@cache
def sentences(subtask: str) -> Mapping[str, tuple[str, ...]]:
    """Name -> the sentence patterns that answers of a sub-task are put together from; none for most sub-tasks.

    They stand in `phrasings/<sub-task>_sentences.json`.
    """
    return {name: tuple(patterns) for name, patterns in json.loads(_sentence_data(subtask) or b"{}").items()}


def wordings_hash(subtask: str) -> str:
    """Hash of a sub-task's data files: other wordings are other questions."""
    return hashlib.blake2b(_data(subtask) + _sentence_data(subtask), digest_size=8).hexdigest()


def _data(subtask: str) -> bytes:
    file = resources.files(__package__) / "phrasings" / f"{subtask}.json"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"sub-task {subtask}: phrasings/{subtask}.json is missing; add its wordings there") from None


def _sentence_data(subtask: str) -> bytes:
    file = resources.files(__package__) / "phrasings" / f"{subtask}_sentences.json"
    return file.read_bytes() if file.is_file() else b""


def _wording(where: str, entry: Mapping[str, str]) -> Wording:
    if set(entry) not in ({"question", "answer"}, {"question", "yes", "no"}):
        raise ValueError(
            f"{where}: a wording needs question and answer, or question, yes and no, but has {list(entry)}"
        )
    answers = {name: Text.parsed(text) for name, text in entry.items() if name != "question"}
    return Wording(Text.parsed(entry["question"]), answers)
