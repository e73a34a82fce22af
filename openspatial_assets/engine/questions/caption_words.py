"""The words that the check of captions knows: how relations, sizes and numbers are said, and what says nothing.

What does not live here: how these words make a claim (`caption_reading.py`).
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from openspatial_assets.engine.questions.plurals import NUMBER_WORDS

NUMBER = rf"(?:{'|'.join(NUMBER_WORDS[1:])}|\d+)"
LENGTH = r"(\d+(?:\.\d+)?)\s*(meters?|centimeters?|cm|m)\b"
ABOUT = r"(?:about |roughly |approximately |around )?"

DIMENSIONS = {
    **{"long": "length", "in length": "length", "length": "length"},
    **{"wide": "width", "in width": "width", "width": "width"},
    **{"tall": "height", "high": "height", "in height": "height", "height": "height"},
}

COMPARED_IN = {"height": "taller", "size": "larger", "volume": "larger"}

RELATIONS: Mapping[str, tuple[str, str]] = {
    r"taller than|greater in height than|(?:of )?(?:a )?greater height than": ("R", "taller"),
    r"less tall than|shorter than|(?:of )?(?:a )?(?:lesser|smaller) height than": ("R", "-taller"),
    r"larger than|bigger than|(?:of )?(?:a )?greater volume than": ("R", "larger"),
    r"smaller than|(?:of )?(?:a )?smaller volume than": ("R", "-larger"),
    r"(?:takes?|occup(?:y|ies)) (?:up )?more space than": ("R", "larger"),
    r"(?:takes?|occup(?:y|ies)) (?:up )?less space than": ("R", "-larger"),
    r"higher(?: up)? than|at a higher level than": ("R", "higher"),
    r"lower(?: down)? than|at a lower level than": ("R", "-higher"),
    r"(?:close|next|near|adjacent) (?:to )?(?:each other|one another)|close together": ("r", "near"),
    r"(?:only )?a (?:short|small) distance separates|a (?:short|small) distance apart": ("r", "near"),
    r"(?:right |directly )?(?:next to|beside)|close to|near(?: to)?|adjacent to|alongside": ("R", "near"),
    r"in (?:close proximity to|the (?:immediate )?vicinity of)|a short distance (?:away )?from": ("R", "near"),
    r"far (?:away )?(?:from (?:each other|one another)|apart)|a long (?:way|distance) apart": ("r", "far"),
    r"a (?:large|long|great|considerable) distance (?:separates|between|lies between)": ("r", "far"),
    r"(?:far(?: away)?|a long (?:way|distance)(?: away)?|well away|distant) from": ("R", "far"),
    r"(?:(?:rest|sit|lie|stand)s? |(?:rest|sitt|ly|stand)ing )?(?:on top of|atop|on)": ("R", "on"),
    r"(?:supported|carried|held|borne) by": ("R", "on"),
    r"supports?|carry|carries|holds?|bears?": ("R", "-on"),
    r"exceeds?|surpass(?:es)?": ("E", ""),
}
"""Phrases that relate, as patterns -> symbol and relation: `R` stands between two sides ("-": they are the other way
round), `r` is said of both together, `E` needs to say in what."""

VERBS = frozenset(
    [
        *("are", "appear", "appears", "can", "come", "comes", "contain", "contains", "cover", "covers", "extend"),
        *("extends", "fit", "fits", "have", "has", "is", "lie", "lies", "measure", "measures", "reside", "resides"),
        *("share", "show", "shows", "span", "spans", "stand", "stands", "take", "takes"),
    ]
)
"""Words that tell a clause from a list."""

FINITE = re.compile(r"(?:takes?|occup(?:y|ies)|rests?|sits?|lies?|stands?)\b")
"""Relations that have their verb in them."""

CONTRASTS = ("while", "whereas", "but")


@cache
def vocabulary() -> Mapping[str, frozenset[str]]:
    """`words` and `phrases` that say nothing about any object, and may stand anywhere."""
    file = resources.files(__package__) / "caption_vocabulary.json"
    return {name: frozenset(entries) for name, entries in json.loads(file.read_text()).items()}
