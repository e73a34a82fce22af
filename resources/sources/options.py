"""The options of a registration that a layout reads, checked.

What does not belong here: what an option means (the layouts).
"""

from collections.abc import Sequence
from typing import Any

from resources.sources.registration import Registration, SourceError


def only(registration: Registration, names: Sequence[str]) -> None:
    """Raise `SourceError` if the registration has an option of another name: it would do nothing."""
    if unknown := sorted(set(registration.options) - set(names)):
        known = f"there are {', '.join(names)}" if names else "it has none"
        raise SourceError(
            f"scene {registration.scene_id}: {registration.source}: option {unknown[0]!r} is unknown; {known}"
        )


def whole_number(registration: Registration, name: str, default: int, lowest: int = 1) -> int:
    """A whole number that is at least `lowest`."""
    value = registration.options.get(name, default)
    if type(value) is not int or value < lowest:
        raise _wrong(registration, name, value, f"a whole number from {lowest} on")
    return value


def flag(registration: Registration, name: str, default: bool) -> bool:
    """True or false."""
    value = registration.options.get(name, default)
    if type(value) is not bool:
        raise _wrong(registration, name, value, "true or false")
    return value


def choice(registration: Registration, name: str, allowed: Sequence[str], default: str) -> str:
    """One of the texts that are allowed."""
    value = registration.options.get(name, default)
    if value not in allowed:
        raise _wrong(registration, name, value, f"one of {', '.join(allowed)}")
    return value


def text(registration: Registration, name: str, default: str = "") -> str:
    """Any text."""
    value = registration.options.get(name, default)
    if not isinstance(value, str):
        raise _wrong(registration, name, value, "a text")
    return value


def _wrong(registration: Registration, name: str, value: Any, allowed: str) -> SourceError:
    return SourceError(
        f"scene {registration.scene_id}: {registration.source}: option {name}={value!r} must be {allowed}"
    )
