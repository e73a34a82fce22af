"""Whether a rephrased caption says what is known, and nothing else.

Each sentence names the facts that it states. Its claims are read from its words (`caption_reading.py`) and held against
those facts: every claim needs one, and every named fact has to be claimed. What does not live here: who rephrases, and
what happens to a caption that is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openspatial_assets.engine.questions.caption_plan import MAX_WORDS, MIN_RELATIONS, MIN_WORDS
from openspatial_assets.engine.questions.caption_reading import Claim, Mention, NotUnderstood, Reader
from openspatial_assets.engine.questions.caption_statements import Fact, is_relation
from openspatial_assets.engine.questions.options import CENTIMETERS_PER_METER, shown

VERSION = "1"
"""Of what is accepted."""

SYMMETRIC = ("near", "far", "distance")

ROUNDING_M = 1e-6
"""A number that was only written in another unit is the same one."""


@dataclass(frozen=True)
class CitingSentence:
    """A sentence and the places of the facts, from 0, that it says it states."""

    text: str
    cited: tuple[int, ...]


def problems_of(sentences: Sequence[CitingSentence], facts: Sequence[Fact], views: int) -> list[str]:
    """What is wrong with a rephrased caption; nothing if it may be kept.

    Args:
        facts: of the plain caption; each named object is in one of the counts.
        views: how many views are shown.
    """
    found, reader = [], reader_of(facts, views)
    for number, sentence in enumerate(sentences, start=1):
        found += [f"sentence {number}: {problem}" for problem in problems_of_sentence(sentence, facts, reader)]
    stated = {place for sentence in sentences for place in sentence.cited if 0 <= place < len(facts)}
    if missing := [fact for place, fact in enumerate(facts) if fact["kind"] == "count" and place not in stated]:
        found.append(f"the number of {missing[0]['tag']!r} is not said")
    if (relations := sum(is_relation(facts[place]) for place in stated)) < MIN_RELATIONS:
        found.append(f"{relations} relations are left, {MIN_RELATIONS} are needed")
    words = sum(len(sentence.text.split()) for sentence in sentences)
    if not MIN_WORDS <= words <= MAX_WORDS:
        found.append(f"{words} words, not {MIN_WORDS} to {MAX_WORDS}")
    return found


def reader_of(facts: Sequence[Fact], views: int) -> Reader:
    """A reader that knows the objects of a caption."""
    return Reader({fact["tag"]: fact["number"] for fact in facts if fact["kind"] == "count"}, views)


def problems_of_sentence(sentence: CitingSentence, facts: Sequence[Fact], reader: Reader) -> list[str]:
    """What is wrong with one sentence: claims without a fact, and facts without a claim."""
    if unknown := [place for place in sentence.cited if not 0 <= place < len(facts)]:
        return [f"cites fact {unknown[0] + 1}, which there is not"]
    cited = {place: facts[place] for place in sentence.cited}
    tags = {name: fact["tag"] for fact in facts if fact["kind"] == "count" for name in fact["objects"]}
    totals = {fact["tag"]: fact["number"] for fact in facts if fact["kind"] == "count"}
    try:
        claims = reader.claims(sentence.text)
    except NotUnderstood as reason:
        return [str(reason)]
    found, claimed = [], set()
    for claim in claims:
        backing = _backing(claim, cited, tags, totals)
        if not backing:
            found.append(f"nothing cited says that {_said(claim)}")
        claimed |= backing
    unsaid = [place for place in cited if place not in claimed]
    return found + [f"fact {place + 1} ({cited[place]['kind']}) is cited and not said" for place in unsaid]


def _backing(claim: Claim, cited: Mapping[int, Fact], tags: Mapping[str, str], totals: Mapping[str, int]) -> set[int]:
    """The cited facts that say exactly what is claimed."""
    alike = {place: fact for place, fact in cited.items() if fact["kind"] == claim.kind}
    if claim.kind == "count":
        (mention,) = claim.subjects
        return {place for place, fact in alike.items() if fact["tag"] == mention.tag and mention.number is None}
    if claim.kind == "spread":
        return {place for place, fact in alike.items() if _same_lengths(claim.meters, fact["values"], fact["unit"])}
    if claim.kind == "size":
        (mention,) = claim.subjects
        return {
            place
            for place, fact in alike.items()
            if tags[fact["subject"]] == mention.tag
            and (totals[mention.tag] == 1 or mention.number == 1)
            and fact["dimension"] == claim.dimension
            and _same_lengths(claim.meters, [fact["value"]], fact["unit"])
        }
    if claim.kind == "distance":
        alike = {p: fact for p, fact in alike.items() if _same_lengths(claim.meters, [fact["value"]], fact["unit"])}
    return _related_facts(claim, alike, tags, totals)


def _related_facts(
    claim: Claim, alike: Mapping[int, Fact], tags: Mapping[str, str], totals: Mapping[str, int]
) -> set[int]:
    """Those of the facts of one kind that relate exactly so many subjects and objects as are claimed."""
    sides = (*claim.subjects, *claim.objects)
    if len(sides) == 1:  # two things of one tag
        (both,) = sides
        inside = {place for place, fact in alike.items() if tags[fact["subject"]] == tags[fact["object"]] == both.tag}
        return inside if both.number is None and totals[both.tag] == 2 and len(inside) == 1 else set()
    first, second = sides
    pairs = {}
    for place, fact in alike.items():
        ends = (fact["subject"], fact["object"])
        if (tags[ends[0]], tags[ends[1]]) == (first.tag, second.tag):
            pairs[place] = ends
        elif claim.kind in SYMMETRIC and (tags[ends[1]], tags[ends[0]]) == (first.tag, second.tag):
            pairs[place] = ends[::-1]
    several = [_how_many(mention, totals) for mention in (first, second)]
    ends = [{pair[side] for pair in pairs.values()} for side in (0, 1)]
    product = len(pairs) == several[0] * several[1] and [len(side) for side in ends] == several
    each = second.number is None and len(ends[1]) == several[1] and len(pairs) == several[0] * several[1]
    return set(pairs) if pairs and (product or each) else set()


def _how_many(mention: Mention, totals: Mapping[str, int]) -> int:
    return totals[mention.tag] if mention.number is None else mention.number


def _same_lengths(meters: Sequence[float], values: Sequence[float], unit: str) -> bool:
    """Whether lengths in metres are the values in `unit`, as a caption shows them."""
    scale = CENTIMETERS_PER_METER if unit == "cm" else 1.0
    known = [float(shown(value, unit)) / scale for value in values]
    return len(known) == len(meters) and all(abs(a - b) <= ROUNDING_M for a, b in zip(meters, known, strict=True))


def _said(claim: Claim) -> str:
    """The claim in short, for a person."""
    sides = [f"{mention.number or 'all'} {mention.tag!r}" for mention in (*claim.subjects, *claim.objects)]
    return " ".join([claim.kind, *sides, claim.dimension, *(f"{meters:g} m" for meters in claim.meters)]).strip()
