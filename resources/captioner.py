"""Who puts a caption into other words: nobody, or Gemini. What comes back is kept only if it says what is known.

What belongs here: the prompt, and the two captioners behind one interface. What does not: the check that a rephrased
caption has to pass (`engine/questions/caption_check.py`), and tables (`assets/captions.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from openspatial_assets.engine.questions.caption_check import CitingSentence, problems_of
from openspatial_assets.engine.questions.caption_settings import CaptionSettings
from resources.gemini import Gemini, GeminiError

SERVICE_FAILED = "the service failed"
"""What the reason begins with if the service was not there."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "facts": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "facts"],
            },
        }
    },
    "required": ["sentences"],
}

INSTRUCTIONS = """\
Rephrase the caption of a scene below so that it reads like the description of an attentive person. Work sentence by \
sentence: answer with the sentences of the new caption, in order, each with the numbers of the facts that it states.

Rules:
- State every fact, most of them in another order or another sentence than before. State nothing else: no colors, \
materials, purposes, moods, directions or objects that are not listed.
- Call each object exactly by its tag as given, in singular or plural. Where there are several of a tag, keep saying \
how many are meant: "both lamps", "all three books", "one of the two lamps".
- Keep every number with its unit, and say of each size whether it is long, wide or tall. Say "apart" or "gap" of \
distances.
- Say relations with these words: on top of, supports, carries; close to, next to, near, beside; far from, far apart; \
taller than, less tall than; larger than, bigger than, smaller than; higher up than, lower down than.
- Repeat the name of an object rather than writing "it", "the former" or "the other". Use no negation.
- A sentence without facts, such as the first and the last one, names no object.
- 200 to 300 words in total, in plain English.
"""


@dataclass(frozen=True)
class Rephrasing:
    """What became of a caption.

    Attributes:
        text: the caption to use: the new one, or the plain one.
        sentences: of the new caption; none if the plain one stays.
        reason: why the plain one stays; None if it was rephrased, or if nobody was asked to.
    """

    text: str
    sentences: tuple[CitingSentence, ...] = ()
    reason: str | None = None


class Captioner(Protocol):
    """Puts captions into other words."""

    def rephrase(self, text: str, facts: Sequence[Mapping[str, Any]], views: int) -> Rephrasing:
        """The caption in other words, or as it is.

        Args:
            text: the plain caption.
            facts: what it states, each with `kind` and `text`.
            views: how many views it is about.
        """
        ...


class PlainCaptioner:
    """Leaves every caption as it is."""

    def rephrase(self, text: str, facts: Sequence[Mapping[str, Any]], views: int) -> Rephrasing:
        return Rephrasing(text)


@dataclass(frozen=True)
class GeminiCaptioner:
    """Asks Gemini."""

    gemini: Gemini

    def rephrase(self, text: str, facts: Sequence[Mapping[str, Any]], views: int) -> Rephrasing:
        """The caption in Gemini's words if they say what the facts say, else the plain one with the reason.

        Raises:
            GeminiError: no caption can be rephrased: there is no key, or it is refused.
        """
        try:
            answer = self.gemini.ask(prompt_of(text, facts), SCHEMA)
        except GeminiError as error:
            if error.is_final:
                raise
            return Rephrasing(text, reason=f"{SERVICE_FAILED}: {error}" if error.is_outage else str(error))
        sentences = _sentences(answer)
        if sentences is None:
            return Rephrasing(text, reason="the answer does not fit its schema")
        if problems := problems_of(sentences, facts, views):
            return Rephrasing(text, reason=problems[0])
        return Rephrasing(" ".join(one.text for one in sentences), sentences)


def load(settings: CaptionSettings, folder: str, base_url: str | None = None) -> Captioner:
    """The captioner that the settings name.

    Args:
        folder: where answers are kept, a path or a URL.
        base_url: of another service that speaks Gemini's language.
    """
    if settings.captioner == "none":
        return PlainCaptioner()
    return GeminiCaptioner(
        Gemini(settings.model, folder, timeout_s=settings.timeout_s, attempts=settings.attempts, base_url=base_url)
    )


def prompt_of(text: str, facts: Sequence[Mapping[str, Any]]) -> str:
    """What Gemini is asked. Facts are numbered from 1."""
    tags = {name: fact["tag"] for fact in facts if fact["kind"] == "count" for name in fact["objects"]}
    lines = [
        f"{number}. {json.dumps(_plain(fact, tags), ensure_ascii=False)}" for number, fact in enumerate(facts, start=1)
    ]
    return "\n".join([INSTRUCTIONS, "Facts:", *lines, "", "Caption:", text])


def _plain(fact: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """A fact as the model sees it: kind, tags and the words of the plain caption."""
    ends = {side: tags.get(fact[side], fact[side]) for side in ("subject", "object") if side in fact}
    return {"kind": fact["kind"], **({"tag": fact["tag"]} if "tag" in fact else {}), **ends, "said": fact["text"]}


def _sentences(answer: Any) -> tuple[CitingSentence, ...] | None:
    """The sentences of an answer; None if it does not fit the schema."""
    entries = answer.get("sentences") if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not entries:
        return None
    found = []
    for entry in entries:
        text, facts = (entry.get("text"), entry.get("facts")) if isinstance(entry, dict) else (None, None)
        if not isinstance(text, str) or not isinstance(facts, list) or not all(type(one) is int for one in facts):
            return None
        found.append(CitingSentence(" ".join(text.split()), tuple(one - 1 for one in facts)))
    return tuple(found)
