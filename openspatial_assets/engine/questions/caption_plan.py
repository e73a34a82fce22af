"""A caption from beginning to end: in which order it says what, and how long it gets.

What does not live here: what holds in the scene (`caption_statements.py`), what of it is worth telling
(`caption_choice.py`), and the words of one clause (`caption_text.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openspatial_assets.engine.questions.caption_choice import Chooser
from openspatial_assets.engine.questions.caption_statements import COMPARISONS, Fact, Known, Statement, is_relation
from openspatial_assets.engine.questions.caption_text import Clause, Speaker, counted
from openspatial_assets.engine.questions.captions import Shown, shown_together
from openspatial_assets.engine.questions.grammar import capitalized, listed
from openspatial_assets.engine.scene_graph.scene import SceneGraph

MIN_WORDS, MAX_WORDS = 200, 300
AIMED_WORDS = (215, 280)
"""What a caption aims at: within it, one clause more or less keeps the limits."""

MIN_RELATIONS = 8

TOO_FEW_RELATIONS, TOO_FEW_WORDS = "too_few_relations", "too_few_words"

KINDS_IN_A_SENTENCE = 5

JOINED_SHARE, MERGED_SHARE, LEAD_SHARE = 0.35, 0.7, 0.6
"""Of clauses that are joined to the one before, of statements made into one clause, of topics that are led into."""

LOOKED_AHEAD = 4
"""Statements among which one is looked for that goes with another one."""

ATTEMPTS = 16
"""Times that statements are added, or one is taken back, to get into the limits."""

FRAME_WORDS, CLAUSE_WORDS = 60, 10
"""What opening, inventory and closing take, and what one statement takes, on average."""

KINDS_IN_ORDER = ("spread", "size", "on", "near", *COMPARISONS, "distance", "far")
"""Of the statements about one thing."""

TOPICS = {"lead_distances": "distance", "lead_comparisons": "size", "lead_heights": "vertical"}
"""What leads into a topic -> the word that it says."""

BY_TOPIC = (
    (None, ("spread", "size", "on", "near")),
    ("lead_distances", ("distance", "far")),
    ("lead_comparisons", ("taller", "larger")),
    ("lead_heights", ("higher",)),
)
BY_ANCHOR = ((None, ("spread", "size", "on", "near", *COMPARISONS)), ("lead_distances", ("distance", "far")))
"""Topics in order: what may lead into them, and the kinds of their statements."""


@dataclass(frozen=True)
class Sentence:
    """A sentence and the facts that it states."""

    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Caption:
    """A whole caption, sentence by sentence."""

    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def facts(self) -> list[Fact]:
        """All that it states, each with `text`, the exact part of the caption that says so."""
        return [fact for sentence in self.sentences for fact in sentence.facts]


def captions_of(scene: SceneGraph, rng: np.random.Generator) -> tuple[list[tuple[Shown, Caption]], dict[str, int]]:
    """All captions of a scene, each about other objects, and why others were not written: reason -> count."""
    found = []
    shown, rejected = shown_together(scene, rng)
    for one in shown:
        caption = written(Known(scene, one), len(one.frames), rng)
        if isinstance(caption, str):
            rejected[caption] = rejected.get(caption, 0) + 1
        else:
            found.append((one, caption))
    return found, rejected


def written(known: Known, views: int, rng: np.random.Generator) -> Caption | str:
    """The caption of the objects in `known`, shown in so many views; or the reason why there is none."""
    if known.relations_known < MIN_RELATIONS:
        return TOO_FEW_RELATIONS
    chooser, seed = Chooser(known, rng), int(rng.integers(1 << 32))
    by_anchor = bool(rng.integers(2))
    aim = int(rng.integers(*AIMED_WORDS))
    statements: list[Statement] = []
    caption = None
    for _ in range(ATTEMPTS):
        words = len(caption.text.split()) if caption else FRAME_WORDS
        if words > MAX_WORDS:
            statements.pop()
        elif not chooser.add(statements, max(1, round((aim - words) / CLAUSE_WORDS))):
            break
        caption = _assembled(known, statements, views, by_anchor, np.random.default_rng(seed))
        if aim - CLAUSE_WORDS <= len(caption.text.split()) <= MAX_WORDS:
            break
    if caption is None or not MIN_WORDS <= len(caption.text.split()) <= MAX_WORDS:
        return TOO_FEW_WORDS
    return caption if sum(map(is_relation, caption.facts)) >= MIN_RELATIONS else TOO_FEW_RELATIONS


def _assembled(
    known: Known, statements: Sequence[Statement], views: int, by_anchor: bool, rng: np.random.Generator
) -> Caption:
    """Opening, inventory, statements by topic, closing."""
    speaker = Speaker(rng, views)
    found = [Sentence(_closed(speaker.plain("opening").text), ()), *_inventory(known, speaker)]
    for lead, section in _sections(known, statements, by_anchor):
        found += _paragraph(section, lead, speaker)
    return Caption((*found, Sentence(_closed(speaker.plain("closing").text), ())))


def _inventory(known: Known, speaker: Speaker) -> list[Sentence]:
    """What there is, and how many of each."""
    counts, found = known.counts(), []
    parts = -(-len(counts) // KINDS_IN_A_SENTENCE)
    for part in np.array_split(np.arange(len(counts)), parts):
        items = [counted(known.kinds[index]) for index in part.tolist()]
        pattern = "inventory" if not found else "inventory_more" if len(items) > 1 else "inventory_one"
        text = _closed(speaker.plain(pattern, list=listed(items)).text)
        facts = [
            _with_text(counts[index], item if item in text else capitalized(item))
            for index, item in zip(part.tolist(), items, strict=True)
        ]
        found.append(Sentence(text, tuple(facts)))
    return found


def _sections(
    known: Known, statements: Sequence[Statement], by_anchor: bool
) -> list[tuple[str | None, list[Statement]]]:
    """The statements by topic, each with what may lead into it; and within it by the largest thing mentioned.

    Args:
        by_anchor: whether comparisons stand with the thing that they are about, not in a section of their own.
    """
    place = {kind: index for index, kind in enumerate(known.kinds)}
    topics = BY_ANCHOR if by_anchor else BY_TOPIC

    def anchor(statement: Statement) -> tuple[int, int]:
        about = [place[kind] for kind in statement.kinds]
        if statement.kind == "on":
            about = about[-1:]
        return min(about, default=-1), KINDS_IN_ORDER.index(statement.kind)

    found = []
    for lead, kinds in topics:
        section = [one for one in statements if one.kind in kinds]
        found.append((lead, sorted(section, key=anchor) if lead is None else section))
    return found


def _paragraph(section: Sequence[Statement], lead: str | None, speaker: Speaker) -> list[Sentence]:
    """The sentences of one topic: some of one clause, some of two."""
    led = lead is not None and len(section) > 1 and speaker.rng.random() < LEAD_SHARE
    clauses: list[Clause] = []
    left = list(section)
    while left:
        statement, before = left.pop(0), clauses[-1] if clauses else None
        if led and before is None:
            clauses.append(speaker.clause(statement, topic=TOPICS[lead]))
        else:
            clause = _with_partner(statement, left, before, speaker)
            clauses.append(clause or speaker.clause(statement, before))
    groups: list[list[Clause]] = []
    for index, clause in enumerate(clauses):
        alone = not groups or len(groups[-1]) > 1 or (led and index == 1)
        fits = (
            not alone and groups[-1][0].may_be_joined and clause.may_be_joined and not clause.begins_like(groups[-1][0])
        )
        if fits and speaker.rng.random() < JOINED_SHARE:
            groups[-1].append(clause)
        else:
            groups.append([clause])
    leads = [speaker.plain(lead).text if led else "", *[""] * len(groups)]
    return [_sentence(group, lead, speaker) for group, lead in zip(groups, leads, strict=False)]


def _with_partner(
    statement: Statement, left: list[Statement], before: Clause | None, speaker: Speaker
) -> Clause | None:
    """One clause out of the statement and one of the next, which is taken out of `left`; None if none goes with it."""
    if speaker.rng.random() >= MERGED_SHARE:
        return None
    for other in left[:LOOKED_AHEAD]:
        clause = speaker.both(statement, other, before)
        if clause is not None:
            left.remove(other)
            return clause
    return None


def _sentence(clauses: Sequence[Clause], lead: str, speaker: Speaker) -> Sentence:
    """One sentence out of one or two clauses; each of its facts has the clause for its text."""
    texts = [clause.text for clause in clauses]
    if not lead:
        texts[0] = capitalized(texts[0])
    facts = [_with_text(fact, text) for clause, text in zip(clauses, texts, strict=True) for fact in clause.facts]
    connector = speaker.plain("connector").text if len(texts) > 1 else ""
    return Sentence(_closed(lead + connector.join(texts)), tuple(facts))


def _with_text(fact: Fact, text: str) -> Fact:
    return {"kind": fact["kind"], "text": text, **{name: value for name, value in fact.items() if name != "kind"}}


def _closed(text: str) -> str:
    """The text as a sentence."""
    return f"{capitalized(text)}."
