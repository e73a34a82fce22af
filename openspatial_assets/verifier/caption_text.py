"""Whether the sentences of a caption say its facts: names, numbers, units, and which of two is more.

Of a rephrased caption only the length is judged here: its sentences are no longer those of the facts.
What does not live here: whether the facts are true (`captions.py`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from openspatial_assets.verifier.captions import objects_of
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.world import World, fitting, reaching_any, tidy

WORDS = (200, 300)

NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)")
UNIT = re.compile(r"\b(m|cm|meters?|centimeters?)\b")
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
GROUP = rf"\b(both|all|each of the|one of the|the) ?({'|'.join(NUMBER_WORDS[2:])})?"
UNIT_WORDS = {"m": ("m", "meter", "meters"), "cm": ("cm", "centimeter", "centimeters")}
SIZED = re.compile(r"(\d+(?:\.\d+)?) \w+ (?:in )?(long|length|wide|width|tall|high|height)\b")
DIMENSION = {"long": "length", "wide": "width", "tall": "height", "high": "height"}

POLARITY = {
    "taller": (r"\b(?:taller|greater height|surpass\w*|exceed\w*)\b", r"\b(?:less tall|shorter|smaller height)\b"),
    "larger": (r"\b(?:larger|bigger|more space|greater volume|exceed\w*|surpass\w*)\b", r"\b(?:smaller|less space)\b"),
    "higher": (r"\b(?:higher|above)\b", r"\b(?:lower|below|beneath)\b"),
}  # fmt: skip
"""Relation -> words with which its subject is named first, and words with which its object is."""
OPPOSED = {"near": r"\b(?:far|distant|long way)\b", "far": r"\b(?:near|next to|close|beside|adjacent)\b"}
"""Relation -> words that say the opposite."""

IRREGULAR = {"mouse": "mice", "person": "people", "child": "children", "foot": "feet", "goose": "geese",
             "tooth": "teeth", "man": "men", "woman": "women"}  # fmt: skip
HEAD = re.compile(r"\s(?:of|on|in|with|for|from|at|by)\s")
"""What the head of a name ends before: a pair of shoes is a pair."""
WITHOUT_ENDING = 2
"""Letters left out of a name whose plural is not known, to find it all the same."""


def problems(question: Question, world: World) -> list[str]:
    """What is wrong with the words of a caption."""
    count = len(question.row["answer"].split())
    found = [] if WORDS[0] <= count <= WORDS[1] else [f"{count} words"]
    if question.told.get("rephrased"):
        return found
    answer, shown = tidy(question.row["answer"]).lower(), reaching_any(world, question.frames)
    facts = question.told["facts"]
    counted = {name: fact["number"] for fact in facts if fact["kind"] == "count" for name in fact["objects"]}
    tags = {name: tidy(world.tags[name]).lower() for fact in facts for name in objects_of(fact)}
    ambiguous = {name for name in tags if len(fitting(world, name, shown)) > 1}
    longer = {tag: tuple(other for other in set(tags.values()) if other.endswith(f" {tag}")) for tag in tags.values()}
    by_text: dict[tuple[str, str], list[Mapping]] = {}
    for fact in facts:
        by_text.setdefault((fact["text"], fact["kind"]), []).append(fact)
    for (said, kind), together in by_text.items():
        text = tidy(said).lower()
        if text not in answer:
            found.append(f"not in the answer: {said}")
        wrong = [reason for fact in together for reason in _numbers(fact, text)]
        if kind not in ("spread",):
            involved = {name for fact in together for name in objects_of(fact)}
            places = {name: _place(tags[name], text, longer[tags[name]]) for name in involved}
            wrong += [f"{name} is not named" for name, place in places.items() if place is None]
            wrong += [reason for fact in together for reason in _order(fact, text, places, tags)]
            if kind != "count":
                wrong += _groups(involved, text, tags, counted, ambiguous)
        found += [f"{reason}: {said}" for reason in dict.fromkeys(wrong)]
    return found


def _numbers(fact: Mapping, text: str) -> list[str]:
    """Whether a text says the numbers of a fact, rounded as they are shown, and their unit."""
    if fact["kind"] == "count":
        number = fact["number"]
        words = {str(number), *NUMBER_WORDS[number : number + 1]}
        words |= {"a", "an", "the", "single"} if number == 1 else set()
        # what is plural by itself, like scissors, goes without an article
        said = number == 1 and not re.search(rf"\b(?:{'|'.join(NUMBER_WORDS[2:])})\b", text)
        return [] if said or words & set(text.split()) else [f"{number} is not said"]
    if fact["kind"] not in ("size", "distance", "spread"):
        return []
    values = fact["values"] if fact["kind"] == "spread" else [fact["value"]]
    found = [f"{value} is not said" for value in values if not any(_rounds_to(value, n) for n in NUMBER.findall(text))]
    units = set(UNIT.findall(text))
    if not units or not units <= set(UNIT_WORDS[fact["unit"]]):
        found.append(f"the unit {fact['unit']} is not said")
    if fact["kind"] == "size":
        said = [(number, DIMENSION.get(word, word)) for number, word in SIZED.findall(text)]
        mine = [number for number, dimension in said if dimension == fact["dimension"]]
        if mine and not any(_rounds_to(fact["value"], number) for number in mine):
            found.append(f"the {fact['dimension']} is not {mine[0]}")
    return found


def _rounds_to(value: float, number: str) -> bool:
    return abs(float(number) - value) <= 0.5 * 10.0 ** -len(number.partition(".")[2]) + 1e-9


def _order(fact: Mapping, text: str, places: Mapping[str, int | None], tags: Mapping[str, str]) -> list[str]:
    """Whether a comparison is said the right way round."""
    kind = fact["kind"]
    if kind in OPPOSED:
        return ["says the opposite"] if re.search(OPPOSED[kind], text) else []
    if kind not in POLARITY:
        return []
    subject, target = fact["subject"], fact["object"]
    if tags[subject] == tags[target] or places[subject] is None or places[target] is None:
        return []
    more, less = (bool(re.search(pattern, text)) for pattern in POLARITY[kind])
    if more == less:
        return []
    return [] if (places[subject] < places[target]) == more else ["says the opposite"]


def _groups(
    involved: set[str],
    text: str,
    tags: Mapping[str, str],
    counted: Mapping[str, int],
    ambiguous: set[str],
) -> list[str]:
    """Whether "both", "all three" and "one of the two" are as many as there are, and a bare name means one thing."""
    found = []
    for tag in {tags[name] for name in involved}:
        mine = {name for name in involved if tags[name] == tag}
        number = max((counted.get(name, 1) for name in mine), default=1)
        for group, word in re.findall(rf"{GROUP} (?:{'|'.join(forms(tag))})(?![\w-])", text):
            said = NUMBER_WORDS.index(word) if word else 2 if group == "both" else None
            if said is not None and said != number:
                found.append(f"there are {number} of {tag}, not {said}")
            if group in ("both", "all", "each of the") and len(mine) != number:
                found.append(f"not said of all {number} of {tag}: {sorted(mine)}")
            if group == "the" and not word and number == 1 and mine & ambiguous:
                found.append(f"{tag} fits others too")
            if group == "the" and not word and number > 1:
                found.append(f"{tag} is one of {number}")
    return found


def _place(tag: str, text: str, longer: Sequence[str]) -> int | None:
    """Where a text first names things of a tag, and not of a longer tag that ends with it."""
    for other in longer:
        for form in forms(other):
            text = text.replace(form, "#" * len(form))
    places = [match.start() for form in forms(tag) if (match := re.search(rf"(?<![\w-]){form}(?![\w-])", text))]
    if places:
        return min(places)
    place = text.find(tag[:-WITHOUT_ENDING] if len(tag) > 2 * WITHOUT_ENDING else tag)
    return place if place >= 0 else None


@lru_cache(maxsize=4096)
def forms(tag: str) -> tuple[str, ...]:
    """A name and what its plural may be, as patterns."""
    match = HEAD.search(tag)
    head, rest = (tag[: match.start()], tag[match.start() :]) if match else (tag, "")
    stem, _, noun = head.rpartition(" ")
    plurals = [noun, f"{noun}s", f"{noun}es", f"{noun[:-1]}ies", f"{noun[:-1]}ves", f"{noun[:-2]}ves"]
    plurals += [plural for one, plural in IRREGULAR.items() if noun == one]
    lead = f"{stem} " if stem else ""
    return tuple(re.escape(f"{lead}{plural}{rest}") for plural in plurals)
