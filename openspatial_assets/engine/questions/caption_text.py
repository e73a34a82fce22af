"""From a statement to words: how groups of objects are called, and a clause in one of many sentence patterns.

The patterns stand in `phrasings/scene_caption_sentences.json`. What does not live here: which statements a caption
makes, and in which order (`caption_plan.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from openspatial_assets.engine.questions.caption_statements import COMPARISONS, Fact, Group, Statement
from openspatial_assets.engine.questions.captions import Kind
from openspatial_assets.engine.questions.forms import CENTIMETERS, METERS
from openspatial_assets.engine.questions.grammar import definite, is_plural, listed, with_article
from openspatial_assets.engine.questions.options import in_unit, shown
from openspatial_assets.engine.questions.phrasing import Text, sentences
from openspatial_assets.engine.questions.plurals import collective_of, number_word, plural_of

SUBTASK = "scene_caption"

UNIT_WORDS = {METERS: "meters", CENTIMETERS: "centimeters"}

ADJECTIVES = {"length": "long", "width": "wide", "height": "tall"}

LESSER = ("less_tall", "smaller", "lower")

COMMON_BEGINNINGS = frozenset(["the", "both", "all", "one", "two", "three", "each", "only"])
"""First words that many clauses share; they begin alike if the second word is the same too."""


PREDICATES = {
    "near": ("near", "near"),
    "far": ("far", "far"),
    "taller": ("taller", "less_tall"),
    "larger": ("larger", "smaller"),
    "higher": ("higher", "lower"),
}
"""Statement -> what it says of its subject, and what of its target, after "is"."""

SAME_BEGINNING_COSTS, USED_BEGINNING_COSTS, UNFIT_COSTS = 2, 1, 3
"""Of a clause that begins like the one before it, like any one before, and that does not go with what leads into it."""


@dataclass(frozen=True)
class Clause:
    """Part of a sentence, beginning in lower case and without its full stop, and the facts that it states."""

    text: str
    facts: tuple[Fact, ...] = ()

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def is_simple(self) -> bool:
        """Whether it can take a lead before it."""
        return "," not in self.text and self.words <= MOST_JOINED

    @property
    def may_be_joined(self) -> bool:
        """Whether it can be joined to another clause: if it is short, begins with a thing, and is not about all."""
        begins = self.text.split()[0] in COMMON_BEGINNINGS
        return begins and self.is_simple and all(fact["kind"] != "spread" for fact in self.facts)

    @property
    def beginning(self) -> tuple[str, ...]:
        first, *rest = self.text.lower().split()
        return (first, *rest[:1]) if first in COMMON_BEGINNINGS else (first,)

    def begins_like(self, other: "Clause | None") -> bool:
        return other is not None and self.beginning == other.beginning


MOST_JOINED = 14
"""Words of a clause that is joined to another one in a sentence."""


def counted(kind: Kind) -> str:
    """What an inventory says: "a chair", "two chairs", "a set of scissors", "two sets of scissors"."""
    number = len(kind.members)
    if number > 1:
        return f"{number_word(number)} {plural_of(kind.name)}"
    collective = collective_of(kind.name)
    return f"a {collective} of {kind.name}" if collective else with_article(kind.name)


def called(group: Group, each: bool = False) -> str:
    """How a group is called: "the sofa", "both lamps", "one of the two lamps"."""
    kind, number = group.kind, len(group.members)
    total = len(kind.members)
    if total == 1:
        return definite(kind.name)
    many = plural_of(kind.name)
    if each:
        return f"each of the {number_word(total)} {many}"
    if group.whole:
        return f"both {many}" if total == 2 else f"all {number_word(total)} {many}"
    return f"{number_word(number)} of the {number_word(total)} {many}"


def takes_are(group: Group, each: bool = False) -> bool:
    """Whether a group takes "are"."""
    if len(group.kind.members) == 1:
        return is_plural(group.kind.name)
    return len(group.members) > 1 and not each


def length(meters: float, unit: str) -> str:
    """A length as a sentence says it: "1.42 meters", "85 centimeters"."""
    return f"{shown(in_unit(meters, unit), unit)} {UNIT_WORDS[unit]}"


@dataclass
class Speaker:
    """Makes clauses; each pattern of a kind is used once before any comes again."""

    rng: np.random.Generator
    views: int
    _decks: dict[str, list[Text]] = field(default_factory=dict)
    _begun: set[tuple[str, ...]] = field(default_factory=set)

    def plain(self, kind: str, before: Clause | None = None, **words: str) -> Clause:
        """A clause without facts, or with facts of its words' own."""
        words = {"count": number_word(self.views), **words}
        return self._best(kind, words, {}, before, ())

    def clause(self, statement: Statement, before: Clause | None = None, topic: str | None = None) -> Clause:
        """The statement as a clause.

        Args:
            before: the clause that comes before it; this one tries to begin otherwise.
            topic: what was said just before it, such as "as for distances,": it should not repeat this word, and be
                simple.
        """
        words, plural = _words(statement)
        return self._best(_patterns(statement), words, plural, before, statement.facts, topic)

    def both(self, first: Statement, second: Statement, before: Clause | None = None) -> Clause | None:
        """Two statements about the same thing as one clause; None if they do not go together."""
        facts = (*first.facts, *second.facts)
        if first.kind == "size":
            if second.kind == "on" and second.target == first.subjects[0]:
                words, plural = _words(first)
                words["s"] = _words(second)[0]["s"]
                return self._best("relative_on", words, plural, before, facts)
            said = _said_of(second, first.subjects[0])
            if said is None:
                return None
            words, plural = _words(first)
            words["p"] = self._predicate(said[0], called(said[1]))
            return self._best("relative", words, plural, before, facts)
        for group in (*first.subjects, first.target):
            p, q = (_said_of(statement, group) for statement in (first, second))
            if p is None or q is None or (first.kind in COMPARISONS) != (second.kind in COMPARISONS):
                continue
            words, plural = {"a": called(group)}, {"a": takes_are(group)}
            if p[0] == q[0]:
                others = listed([called(p[1]), called(q[1])])
                words["p"] = self._predicate(p[0], others)
                return self._best("shared_same", words, plural, before, facts)
            words |= {"p": self._predicate(p[0], called(p[1])), "q": self._predicate(q[0], called(q[1]))}
            contrast = {first.kind, second.kind} == {"near", "far"} or (p[0] in LESSER) != (q[0] in LESSER)
            return self._best("shared_contrast" if contrast else "shared", words, plural, before, facts)
        return None

    def _predicate(self, kind: str, others: str) -> str:
        return self._best(f"predicate_{kind}", {"b": others}, {}, None, ()).text

    def _best(
        self,
        kind: str,
        words: Mapping[str, str],
        plural: Mapping[str, bool],
        before: Clause | None,
        facts: Sequence[Fact],
        topic: str | None = None,
    ) -> Clause:
        """The next pattern of a kind, filled in; of those left, one that fits well to what comes before it."""
        deck = self._decks.setdefault(kind, [])
        known = _patterns_of(kind)
        usable = [text for text in known if set(text.names) <= words.keys()]
        if not any(text in usable for text in deck):
            deck.extend(known[index] for index in self.rng.permutation(len(known)).tolist())
        tried = [(text, Clause(text.filled(words, plural)[1:], tuple(facts))) for text in deck if text in usable]
        costs = [
            SAME_BEGINNING_COSTS * clause.begins_like(before)
            + UNFIT_COSTS * (topic is not None and (topic in clause.text or not clause.is_simple))
            + USED_BEGINNING_COSTS * (clause.beginning in self._begun)
            for _, clause in tried
        ]
        text, clause = tried[int(np.argmin(costs))]
        deck.remove(text)
        self._begun.add(clause.beginning)
        return clause


def _said_of(statement: Statement, group: Group | None) -> tuple[str, Group] | None:
    """What the statement says of all of the group: a name in `predicate_...`, and of which other group."""
    if statement.kind not in PREDICATES or statement.target is None or group is None or not group.whole:
        return None
    (subject,), target = statement.subjects, statement.target
    usual, reverse = ("beside", "beside") if statement.beside else PREDICATES[statement.kind]
    if subject == group:
        return usual, target
    return (reverse, subject) if target == group else None


@cache
def _patterns_of(kind: str) -> tuple[Text, ...]:
    """The patterns of a kind; each begins with a space, so that filling it in leaves its first word in lower case."""
    return tuple(Text.parsed(f" {pattern}") for pattern in sentences(SUBTASK)[kind])


def _patterns(statement: Statement) -> str:
    """The name of the sentence patterns of a statement."""
    alike = statement.target is None
    if statement.kind == "near":
        return "near_alike" if alike else "beside" if statement.beside else "near"
    if statement.each:
        return "on_each"
    return "far_alike" if statement.kind == "far" and alike else statement.kind


def _words(statement: Statement) -> tuple[dict[str, str], dict[str, bool]]:
    """What fills the placeholders of a pattern, and which of them take "are"."""
    if statement.kind == "spread":
        long, short = (shown(statement.lengths[side], METERS) for side in ("long", "short"))
        return {"area": f"{long} by {short} {UNIT_WORDS[METERS]}"}, {}
    words = {name: length(meters, statement.unit) for name, meters in statement.lengths.items()}
    target, plural = statement.target, {}
    if statement.kind == "on":
        loads = [called(group) for group in statement.subjects]
        words |= {"s": listed(loads), "o": called(target, statement.each)}
        plural |= {"s": len(loads) > 1 or takes_are(statement.subjects[0]), "o": takes_are(target, statement.each)}
        return words, plural
    for name, group in zip("ab", (*statement.subjects, *([target] if target else [])), strict=False):
        words[name], plural[name] = called(group), takes_are(group)
    if statement.kind == "size":
        lengths = {dimension: words[dimension] for dimension in statement.lengths}
        words["adjectives"] = listed([f"{text} {ADJECTIVES[name]}" for name, text in lengths.items()])
        words["nouns"] = listed([f"{text} in {name}" for name, text in lengths.items()])
        words["properties"] = listed([f"a {name} of {text}" for name, text in lengths.items()])
    elif statement.subjects and target is None:
        words["pair"] = f"the two {plural_of(statement.subjects[0].kind.name)}"
    elif all(len(kind.members) == 1 for kind in statement.kinds) and target is not None:
        words["pair"] = listed([words["a"], words["b"]])
    return words, plural
