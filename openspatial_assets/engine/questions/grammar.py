"""English for any tag: articles, number, and lists.

A tag is what a person or a model called an object, in lower case: mostly "chair" or "pair of scissors", now and then
something odd. Every function takes any text. What does not live here: how an object is told apart (`referring.py`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALWAYS_PLURAL = _words(
    """binoculars clothes dice earbuds earphones eyeglasses feet geese glasses goggles groceries headphones jeans
    leggings men mice pajamas pants people pliers scissors shears shorts stairs sunglasses teeth tights tongs trousers
    tweezers women children menus"""
)
"""Head nouns that take "are", though their form does not tell, or although one thing is meant."""

SINGULAR_IN_S = _words(
    """alias apparatus atlas bias bus canvas chaos chassis christmas citrus corps cosmos gas hummus iris lens mars
    molasses news papyrus pegasus series species tennis texas thermos trellis ups virus walrus yes"""
)
"""Head nouns that end in a single s and take "is"."""

SINGULAR_ENDINGS = ("ss", "us", "is", "'s", "ics")
"""Endings in s of nouns that take "is": glass, cactus, chassis, electronics."""

UNCOUNTED = _words(
    """baggage bedding bread butter cardboard cash cereal cheese cloth clothing cutlery detergent dishware electronics
    equipment fabric floss food furniture garbage glassware jewelry kitchenware laundry luggage machinery mail money oil
    paper rice rubbish salt silverware soap stationery sugar tableware toiletry trash tupperware underwear ventilation
    water wood"""
)
"""Head nouns of which there is no single one: furniture, not "a furniture"; two of them are "pieces of furniture"."""

HEAD_ENDS_BEFORE = re.compile(r"\s(?:of|on|in|with|for|from|at|by|under|over|without)\s|\s*[(,/]")
"""In "pair of scissors" the head is "pair", in "shelf with books" it is "shelf", in "sofa/couch" it is "sofa"."""

SOUNDS_LIKE_CONSONANT = re.compile(
    r"(?:uni(?!n|m)|us(?:e|a|u|b|\b)|u(?:-|\s|$|til|ten|kul|biq|rin)|eu|ew|one(?:$|\W|s)|once)"
)
"""Beginnings that are written with a vowel and spoken with a consonant: a unicorn, a U-shaped sofa, a one-seater."""

SOUNDS_LIKE_VOWEL = re.compile(
    r"(?:[aeiouàâäáæèéêëìíîïòóôöøœùúûü]|hour|honest|honou?r|heir|herb|8|11(?!\d)|18(?!\d)|[fhlmnrsx](?:-|\d|$|\s|&)"
    r"|mp\d|xray|xbox|hdmi|(?:hd|fm|lcd|led|lp|mri|rv|sd|ssd)\b)"
)
"""Beginnings that are spoken with a vowel: an apple, an hourglass, an 8-ball, an x-ray machine, an LCD screen."""


def tidy(tag: str) -> str:
    """The tag on one line: every run of white space or control characters becomes one space."""
    return re.sub(r"[\s\x00-\x1f\x7f\u2028\u2029]+", " ", tag).strip()


@lru_cache(maxsize=4096)
def head_noun(tag: str) -> str:
    """The word that decides how the tag is used, in lower case: "pair" of "pair of scissors"; may be empty."""
    head = HEAD_ENDS_BEFORE.split(tidy(tag).lower(), maxsplit=1)[0]
    return re.split(r"[\s-]+", head)[-1] if head else ""


def is_uncounted(tag: str) -> bool:
    """Whether there is no single one of the tag: "furniture", "olive oil"."""
    return head_noun(tag) in UNCOUNTED


@lru_cache(maxsize=4096)
def is_plural(tag: str) -> bool:
    """Whether the tag takes "are": "scissors" and "books" do; "pair of scissors", "glass" and "bus" do not."""
    noun = head_noun(tag)
    if noun in ALWAYS_PLURAL:
        return True
    if noun in SINGULAR_IN_S or noun.endswith(SINGULAR_ENDINGS):
        return False
    return len(noun) > 2 and noun.endswith("s")


@lru_cache(maxsize=4096)
def with_article(tag: str) -> str:
    """The tag with "a" or "an"; what is plural or cannot be counted stays bare: "a chair", "scissors", "furniture"."""
    tag = tidy(tag)
    if is_plural(tag) or is_uncounted(tag):
        return tag
    sound = tag.lower().lstrip("\"'([{ ")
    vowel = SOUNDS_LIKE_VOWEL.match(sound) and not SOUNDS_LIKE_CONSONANT.match(sound)
    return f"{'an' if vowel else 'a'} {tag}"


def definite(tag: str) -> str:
    """The tag with "the"."""
    return f"the {tidy(tag)}"


def every(tag: str) -> str:
    """All things of this tag: "every chair", "all scissors", "all furniture"."""
    return f"{'all' if is_plural(tag) or is_uncounted(tag) else 'every'} {tidy(tag)}"


def every_is(tag: str) -> str:
    """All things of this tag as the subject of a question: "is every chair", "are all scissors"."""
    return f"{'are' if is_plural(tag) else 'is'} {every(tag)}"


def listed(items: Sequence[str], conjunction: str = "and") -> str:
    """The items as one says them: "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def capitalized(text: str) -> str:
    """The text with its first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def ordinal(rank: int) -> str:
    """The rank of something among the closest: 1 is "" (closest), then "second ", "third " ..."""
    return ("", "second ", "third ", "fourth ", "fifth ")[rank - 1]
