"""How a question names its objects: by a tag that fits one of them only, or by a mark that is drawn.

What does not live here: what the answer says (`wording.py`).
"""

import re
from collections.abc import Iterable, Sequence

from openspatial_assets.verifier.pinhole import Camera
from openspatial_assets.verifier.question import Question
from openspatial_assets.verifier.world import SHELL, World, fitting, reaching_any, tidy

AREA_MARKS = ("box", "mask")
UNNAMED = ("grounding_3d", "scene_caption")
"""Sub-tasks whose objects are asked for all together: nothing of them is marked."""
BY_POINT = ("depth_choice", "depth_order")
"""Sub-tasks whose objects are told apart by labelled points."""
UNIQUE_IN_SCENE = ("multiview_distance_relative",)
"""Sub-tasks whose unmarked tags fit one object of the whole scene."""
POINTS_ANYWHERE = "correspondence_point"
"""The sub-task whose points stand for pixels; they may lie on things that are not named."""
IN_EVERY_VIEW = ("multiview_distance_relative", "multiview_position", "route_plan")
"""Sub-tasks whose marked objects are drawn in every view that shows them; `distance_object_camera` shows no others."""
IN_FIRST_VIEW = ("correspondence_object",)
NAME = "#"
"""Stands for a name that was taken out of a text."""

POINT_NEARLY_PX = 1e-6
"""Of rounding between a point that is drawn and the pixel of the evidence."""


def names_of(question: Question, world: World, object_id: str) -> tuple[str, ...]:
    """What the question may call an object: as it is drawn, or its bare tag if nothing is drawn."""
    tag = tidy(world.tags[object_id])
    marks = (mark for mark in question.row["marks"] if mark["object_id"] == object_id)
    drawn = {(mark["kind"], mark["color"], mark["label"]) for mark in marks}
    drawn = {entry for entry in drawn if entry[0] != "point"} or (drawn if question.subtask in BY_POINT else set())
    if not drawn:
        return (f"the {tag}",)
    kind, color, label = min(drawn, key=str)
    if kind == "point":
        return f"the {tag} (point {label})", f"the object at point {label}"
    return (f"the {tag} ({color} {kind})",)


def without_names(question: Question, world: World, text: str) -> str:
    """A text in lower case, without what it calls the objects."""
    return without(text, {name for one in question.involved for name in names_of(question, world, one)})


def without(text: str, names: Iterable[str]) -> str:
    """A text in lower case without `names`; "the chair" is not meant by "the chair (red box)"."""
    text = text.lower()
    for name in sorted(map(str.lower, names), key=len, reverse=True):
        while (place := _place(text, name)) >= 0:
            text = text[:place] + NAME + text[place + len(name) :]
    return text


def places_in_text(question: Question, world: World, name: str, text: str) -> list[int]:
    """Where a text names an object, in order."""
    text, places = text.lower(), []
    for said in map(str.lower, names_of(question, world, name)):
        place = _place(text, said)
        while place >= 0:
            places.append(place)
            place = _place(text, said, place + 1)
    return sorted(places)


def _place(text: str, name: str, start: int = 0) -> int:
    """Where a text has a name from `start` on; -1 if nowhere. Not meant are longer words, and the same with a mark."""
    place = text.find(name, start)
    while place >= 0 and (text.startswith(" (", end := place + len(name)) or text[end : end + 1].isalnum()):
        place = text.find(name, place + 1)
    return place


def problems(question: Question, world: World) -> list[str]:
    """What is wrong with marks and names."""
    return [*_marks(question, world), *_unmarked(question, world), *_named(question, world), *_shell(question, world)]


def _shell(question: Question, world: World) -> list[str]:
    return [
        f"{name} is a {world.tags[name]!r}" for name in question.involved if tidy(world.tags[name]).lower() in SHELL
    ]


def _marks(question: Question, world: World) -> list[str]:
    """Marks are in shown views, of objects that are named, and no two look alike."""
    marks, found, looks = question.row["marks"], [], {}
    if question.subtask in UNNAMED:
        return ["marks are drawn, though no object is named"] if marks else []
    places = set()
    for number, mark in enumerate(marks):
        image, name, is_point = mark["image"], mark["object_id"], mark["kind"] == "point"
        if not 0 <= image < len(question.frames):
            found.append(f"a mark is drawn in view {image + 1}")
            continue
        camera = world.cameras.get(question.frames[image])
        if camera and not camera.shows(mark["u"], mark["v"], -1.0):
            found.append(f"a mark of {name} lies outside of its view")
        if mark["kind"] not in ("point", *AREA_MARKS):
            found.append(f"a mark of kind {mark['kind']}")
        lies_on = is_point and question.subtask == POINTS_ANYWHERE
        if name not in (world.tags if lies_on and name is not None else (*question.involved, *[None] * lies_on)):
            found.append(f"{name} is marked, but not named")
        # a point has a color of its own; an object has one in all views
        one = number if is_point else name
        looks.setdefault(one, set()).add((mark["kind"], mark["color"]))
        if (one, image) in places:
            found.append(f"{name} is marked twice")
        places.add((one, image))
        if not is_point and camera and name in world.boxes and not _projects(question, world, camera, image, name):
            found.append(f"{name} is marked where it does not project")
    if any(len(look) > 1 for look in looks.values()):
        found.append("a mark changes its look from view to view")
    colors = [next(iter(look))[1] for look in looks.values()]
    if len(set(colors)) != len(colors):
        found.append("two marks have the same color")
    return found + _points(question) + _drawn_everywhere(question, world)


def _drawn_everywhere(question: Question, world: World) -> list[str]:
    """What is marked is drawn in all views that show it, where the sub-task has it so; else in the first one only."""
    drawn: dict[str, set[int]] = {}
    for mark in question.row["marks"]:
        if mark["kind"] in AREA_MARKS:
            drawn.setdefault(mark["object_id"], set()).add(mark["image"])
    found = []
    for name, images in drawn.items():
        if question.subtask in IN_FIRST_VIEW and images != {0}:
            found.append(f"{name} is marked in other views than View 1")
        if len(question.frames) == 1:
            continue
        for image, frame in enumerate(question.frames):
            if image in images and not world.glimpses(frame, name):
                found.append(f"{name} is marked in View {image + 1}, which does not show it")
            wanted = question.subtask in IN_EVERY_VIEW and (frame, name) in world.seen and world.sightings_known
            if image not in images and (wanted or question.subtask == "distance_object_camera"):
                found.append(f"{name} is not marked in View {image + 1}")
    return found


def _projects(question: Question, world: World, camera: Camera, image: int, name: str) -> bool:
    """Whether the box of a marked object reaches into the view, to a pixel."""
    frame = question.frames[image]
    return name in world.reaching.get(frame, ()) or camera.reached_by_one(world.box(frame, name), (1.0, 1.0))


def _points(question: Question) -> list[str]:
    points = [mark for mark in question.row["marks"] if mark["kind"] == "point"]
    labels = [mark["label"] for mark in points]
    if question.subtask == POINTS_ANYWHERE:
        told = question.told
        expected = [(0, told["source"]["u"], told["source"]["v"], None)]
        expected += [(1, place["u"], place["v"], name) for name, place in told["candidates"].items()]
        drawn = [(mark["image"], mark["u"], mark["v"], mark["label"]) for mark in points]
        return [] if _same_points(drawn, expected) else [f"points {drawn}, not {expected}"]
    if points and question.subtask not in BY_POINT:
        return [f"points {labels} are drawn"]
    return [f"point labels {labels}"] if len(set(labels)) != len(labels) or None in labels else []


def _same_points(drawn: Sequence[tuple], expected: Sequence[tuple]) -> bool:
    """Whether points (view, u, v, label) are the same, in any order."""
    drawn, expected = (sorted(points, key=lambda point: (point[0], str(point[3]))) for points in (drawn, expected))
    return len(drawn) == len(expected) and all(
        a[0] == b[0] and a[3] == b[3] and max(abs(a[1] - b[1]), abs(a[2] - b[2])) <= POINT_NEARLY_PX
        for a, b in zip(drawn, expected, strict=True)
    )


def _unmarked(question: Question, world: World) -> list[str]:
    """What is not marked has a tag that fits nothing else in the views, or in the scene."""
    if question.subtask in UNNAMED:
        return []
    marked = {mark["object_id"] for mark in question.row["marks"]}
    everywhere = question.subtask in UNIQUE_IN_SCENE
    found, text = [], question.row["question"].lower()
    for name in question.involved:
        if name in marked and (question.subtask != POINTS_ANYWHERE or not _is_said(question, world, name, text)):
            continue
        among = world.tags if everywhere else reaching_any(world, question.frames)
        area = any(mark["object_id"] == name and mark["kind"] in AREA_MARKS for mark in question.row["marks"])
        if not area and (fits := [other for other in fitting(world, name, among) if other != name]):
            found.append(f"{name} goes unmarked, but {world.tags[name]!r} fits {fits}")
    return found


def _is_said(question: Question, world: World, name: str, text: str) -> bool:
    return bool(places_in_text(question, world, name, text))


def _named(question: Question, world: World) -> list[str]:
    """Every object is named in the question as it is drawn."""
    text, row = question.row["question"].lower(), question.row
    if question.subtask in ("scene_caption", POINTS_ANYWHERE):
        return []
    if question.subtask == "grounding_3d":
        tag = tidy(world.tags[question.names[0]]).lower()
        return [] if f"every {tag}" in text or f"all {tag}" in text else [f"{tag} is not named"]
    if question.subtask in BY_POINT:
        labels = [mark["label"] for mark in row["marks"]]
        tagged = all(f"(point {label})".lower() in text for label in labels)
        untagged = re.search(r"at points? " + r"\W+(?:and |or )?".join(map(str.lower, labels)), text)
        ids = [mark["object_id"] for mark in row["marks"]] == list(question.names)
        return [] if (tagged or untagged) and ids else ["the points are not named in order"]
    named = question.names
    if question.subtask == "correspondence_object" and not question.judged:
        named = question.options
    return [f"{name} is not named as drawn" for name in named if not _is_said(question, world, name, text)]
