"""Directions as texts say them: sides, the eight directions around one, and turns.

What does not live here: which direction is right.
"""

import re

DIRECTION_WORDS = {"left": r"\bleft\b", "right": r"\bright\b", "front": r"\bin front\b", "behind": r"\bbehind\b"}
"""How an answer about two objects in one image says a side."""

_ALONG = r"(?:in front|front|ahead|forward|behind|back|backward)"
_BETWEEN = r"(?:,? (?:of you|and|to|and to|of you and|of you and to|of you to)(?: the| your)?|-| |-and-)"
_DIRECTION = re.compile(
    rf"\b(?:(north|south)[- ]?(east|west)|({_ALONG}){_BETWEEN} ?(left|right)\b"
    rf"|(north|south|east|west|in front|front|straight ahead|ahead|behind|back|left|right)\b)"
)
_CANONICAL = {"in front": "front", "straight ahead": "front", "ahead": "front", "behind": "back", "forward": "front",
              "backward": "back"}  # fmt: skip

_TURN = re.compile(r"\b(left|right|up|down|forward|backward|back|around)(?:ward)?s?\b")
_TURN_CANONICAL = {"around": "back"}


def directions_in(text: str) -> list[str]:
    """The directions around someone that a text in lower case names, in canonical form and in order."""
    found = []
    for across, side, along, turned, alone in _DIRECTION.findall(text):
        if across:
            found.append(across + side)
        elif along:
            found.append(f"{_CANONICAL.get(along, along)}-{turned}")
        else:
            found.append(_CANONICAL.get(alone, alone))
    return found


def turns_in(text: str) -> list[str]:
    """The turns and moves that a text in lower case names, in order."""
    return [_TURN_CANONICAL.get(word, word) for word in _TURN.findall(text)]
