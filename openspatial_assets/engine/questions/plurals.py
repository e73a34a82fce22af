"""The plural of any tag, and numbers in words: "two shelves", "three pairs of scissors".

A tag of which no plural can be made ("椅子", "12\\"") is counted as "two objects called ...". What does not live here:
articles, and whether a tag is plural already (`grammar.py`).
"""

import re
from functools import lru_cache

from openspatial_assets.engine.questions.grammar import HEAD_ENDS_BEFORE, head_noun, is_plural, is_uncounted, tidy

NUMBER_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
"""Numbers up to twelve are written as words; larger ones as digits."""

IRREGULAR = {
    **{"man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet", "tooth": "teeth"},
    **{"goose": "geese", "mouse": "mice", "ox": "oxen", "roof": "roofs", "quiz": "quizzes", "die": "dice"},
    **{"knife": "knives", "wife": "wives", "life": "lives", "potato": "potatoes", "tomato": "tomatoes"},
    **{"hero": "heroes", "mango": "mangoes", "chassis": "chassis", "series": "series", "species": "species"},
    **{"fish": "fish", "sheep": "sheep", "deer": "deer", "aircraft": "aircraft", "cactus": "cacti"},
}

F_TO_VES = ("shelf", "leaf", "loaf", "half", "wolf", "scarf", "calf", "elf", "thief")
"""Endings in f that become ves: shelf and bookshelf."""

PEOPLE = frozenset(["children", "cattle", "geese", "men", "mice", "people", "women"])
"""Plural heads of which there are groups, not sets."""


def number_word(number: int) -> str:
    """The number as a sentence says it: "two", "13"."""
    return NUMBER_WORDS[number] if number < len(NUMBER_WORDS) else str(number)


@lru_cache(maxsize=4096)
def plural_of(tag: str) -> str:
    """What several things of this tag are called: "chairs", "pieces of furniture", "sets of scissors"."""
    tag = tidy(tag)
    if collective := collective_of(tag):
        return f"{collective}s of {tag}"
    if "/" in tag:
        parts = tag.split("/")
        plurals = [_plural_noun(part) for part in parts]
        return f"objects called {tag}" if None in plurals else "/".join(plurals)
    return _plural_noun(tag) or f"objects called {tag}"


@lru_cache(maxsize=4096)
def collective_of(tag: str) -> str | None:
    """What one counts of a tag that cannot be counted itself: "set" (of scissors), "piece" (of furniture)."""
    if is_plural(tag):
        return "group" if head_noun(tag) in PEOPLE else "set"
    return "piece" if is_uncounted(tag) else None


def _plural_noun(tag: str) -> str | None:
    """The tag with its head noun in the plural; None if the head is no word with Latin letters."""
    end = HEAD_ENDS_BEFORE.search(tag)
    head, rest = (tag[: end.start()], tag[end.start() :]) if end else (tag, "")
    before, noun = re.fullmatch(r"(.*?)([^\s-]*)", head, re.DOTALL).groups()
    lower = noun.lower()
    if not re.fullmatch(r"[^\W\d_]*[a-zß-ɏ]", lower):
        return None
    return before + _many(noun, lower) + rest


def _many(noun: str, lower: str) -> str:
    if lower in IRREGULAR:
        return noun[:1] + IRREGULAR[lower][1:]
    if lower.endswith("man") and lower not in ("human", "german", "roman", "ottoman", "talisman"):
        return noun[:-2] + "en"
    if lower.endswith(F_TO_VES):
        return noun[:-1] + "ves"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if lower.endswith("y") and lower[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + "s"
