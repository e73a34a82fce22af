"""What the placeholders of each sub-task's wordings may be filled with: samples as the rules fill them in.

A wording may use the placeholders that are listed here for its sub-task, and no others. What stands in `TOLD` is the
answer, or part of it: no question may hold it.
"""

from collections.abc import Mapping, Sequence

from openspatial_assets.engine.questions.candidates import Mention
from openspatial_assets.engine.questions.directions import CARDINAL, EGOCENTRIC
from openspatial_assets.engine.questions.grammar import listed
from openspatial_assets.engine.questions.route_texts import said, steps_of, words_of

Said = tuple[str, bool]
"""How an object is called, and whether it takes "are"."""

MENTIONS: tuple[Said, ...] = (
    ("the chair (red box)", False),
    ("the scissors", True),
    ("the apple (blue mask)", False),
    ('the "odd" thing/box', False),
    ("the books (green box)", True),
)

NAMED = {
    "size_absolute": "a",
    "size_relative": "ab",
    "distance_absolute": "ab",
    "left_right": "ab",
    "high_low": "ab",
    "front_behind": "ab",
    "distance_object_camera": "a",
    "multiview_distance_relative": "abc",
    "multiview_distance_absolute": "ab",
    "multiview_position": "abc",
    "correspondence_object": "a",
    "route_plan": "abc",
}
"""Sub-task -> the objects that a wording may name; none for the others."""

TOLD = frozenset(
    [
        "answer",
        "side",
        "value",
        "place",
        "label",
        "filled",
        "listing",
        "sequence",
        "option",
        "letter",
        "ordered",
        "moved",
    ]
)

LENGTH = ({"value": "85", "unit": "cm", "units": "centimeters"}, {"value": "1.25", "unit": "m", "units": "meters"})
VIEWS = ({"views": "View 1 and View 2"},)
SEEN = tuple(views | {"view_a": "View 1", "view_b": "View 2", "view_c": "View 1"} for views in VIEWS)
POINTS = (
    {
        "introduced": "a chair (point A), scissors (point B) and an apple (point C)",
        "objects": "the chair (point A), the scissors (point B) and the apple (point C)",
        "either": "the chair (point A), the scissors (point B) or the apple (point C)",
        "labels": "A, B, C",
        "sequence": "the scissors (point B), the chair (point A), the apple (point C)",
    },
    {
        "introduced": "the objects at points 1, 2, 3 and 4",
        "objects": "the objects at points 1, 2, 3 and 4",
        "either": "the object at point 1, 2, 3 or 4",
        "labels": "1, 2, 3, 4",
        "sequence": "point 3, point 1, point 4, point 2",
    },
)
RANKS = ("closest to", "second closest to", "farthest from", "third closest to")
DIRECTIONS = tuple(
    {
        "facing": compass.straight[quarter],
        "directions": compass.choice,
        "place": compass.places[sector],
        "claimed": compass.places[quarter],
        "answer": compass.names[sector],
    }
    for compass in (EGOCENTRIC, CARDINAL)
    for quarter, sector in ((0, 5), (2, 1), (4, 6), (6, 0))
)
CALLED = [Mention(text, text, many) for text, many in MENTIONS]

WORDS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "size_absolute": tuple(words | {"dimension": "height"} for words in LENGTH),
    "size_relative": ({},),
    "distance_absolute": LENGTH,
    "grounding_3d": (
        {"every": "every chair", "every_is": "is every chair", "fov": "63.2", "answer": "[]"},
        {"every": "all scissors", "every_is": "are all scissors", "fov": "63.2", "answer": "[]"},
    ),
    "left_right": ({"side": "to the left of", "answer": "left"}, {"side": "to the right of", "answer": "right"}),
    "high_low": ({},),
    "front_behind": ({"side": "in front of", "answer": "in front"}, {"side": "behind", "answer": "behind"}),
    "depth_choice": tuple(points | {"rank": rank} for points, rank in zip(POINTS * 2, RANKS, strict=True)),
    "depth_order": tuple(points | {"answer": "B, A, C"} for points in POINTS),
    "distance_object_camera": (
        {"views": "View 1 and View 2", "extreme": "closer to", "claimed": "View 2", "answer": "View 1"},
        {"views": "View 1, View 2 and View 3", "extreme": "farthest from", "claimed": "View 3", "answer": "View 2"},
    ),
    "camera_motion": (
        {"views": "View 1 and View 2", "way": "to the left", "claimed": "upward", "answer": "left"},
        {"views": "View 1 and View 2", "way": "forward", "claimed": "to the right", "answer": "forward"},
    ),
    "camera_pose": (
        {"views": "View 1, View 2 and View 3", "sense": "clockwise", "claimed": "View 1, View 2, View 3",
         "answer": "View 1, View 3, View 2"},
    ),
    "multiview_distance_relative": VIEWS,
    "multiview_distance_absolute": tuple(seen | length for seen in SEEN for length in LENGTH),
    "multiview_position": tuple(seen | words for seen in SEEN for words in DIRECTIONS),
    "correspondence_point": (
        {"point_color": "red", "spot": " on the chair (blue mask)", "labels": "1, 2, 3 and 4",
         "either": "1, 2, 3 or 4", "label": "3", "answer": "Point 3"},
        {"point_color": "cyan", "spot": "", "labels": "A, B, C and D", "either": "A, B, C or D", "label": "B",
         "answer": "Point B"},
    ),
    "correspondence_object": ({},),
    "scene_caption": (
        {"views": "View 1, View 2 and View 3", "count": "three", "answer": "The scene is shown."},
    ),
    "route_plan": tuple(
        steps_of(CALLED[: 1 + len(turns)]) | words_of(turns, views) | {"answer": said(turns)}
        for turns, views in ((("left",), 1), (("back", "left"), 3), (("right", "right", "left"), 2))
    ),
}  # fmt: skip
"""Sub-task -> what its other placeholders are filled with, one entry a sample."""

CHOICE = {"letter": "C", "option": "the scissors (blue box)"}


def samples(subtask: str, form: str) -> list[tuple[dict[str, str], dict[str, bool]]]:
    """Words and number, as `Text.filled` takes them, of several questions of a sub-task in a form."""
    made = []
    names = NAMED.get(subtask, "")
    for start in range(len(MENTIONS)):
        called = [MENTIONS[(start + place) % len(MENTIONS)] for place in range(len(names))]
        words = {name: text for name, (text, _) in zip(names, called, strict=True)}
        plural = {name: many for name, (_, many) in zip(names, called, strict=True)}
        answer = called[-1] if called else MENTIONS[start]
        words |= {"answer": answer[0], **WORDS[subtask][start % len(WORDS[subtask])]}
        plural["answer"] = words["answer"] == answer[0] and answer[1]
        if len(called) > 1:
            words["others"] = listed([text for text, _ in called[1:]], "or")
            words["others_and"] = listed([text for text, _ in called[1:]])
        made.append((words | (CHOICE if form == "multiple_choice" else {}), plural))
    return made
