"""A small room in which every number can be worked out by hand, and rows of question tables about it.

World x is east, y north, z up, metres. All boxes are square to the axes, all cameras level and 1.5 m high.
Nothing here comes from the engine or the verifier.
"""

import json
from collections.abc import Mapping

import numpy as np
import polars as pl

WIDTH, HEIGHT, FOCAL = 640, 480, 500.0
INTRINSICS = [FOCAL, FOCAL, 319.5, 239.5]

BOXES = {  # center, extents
    "chair_1": ([0.0, 3.0, 0.5], [0.6, 0.6, 1.0]),
    "lamp_1": ([3.0, 0.5, 0.8], [0.4, 0.4, 1.6]),
    "sofa_1": ([5.0, -1.0, 0.4], [1.0, 2.0, 0.8]),
    "plant_1": ([3.0, 2.3, 0.5], [0.4, 0.4, 1.0]),
    "cabinet_1": ([2.4, 5.0, 0.5], [0.6, 0.6, 1.0]),
    "mug_1": ([2.4, 5.0, 1.05], [0.1, 0.1, 0.1]),
}
LEVEL = [0.0, 0.0, 0.0]

CAMERAS = {  # where the camera stands, and where it looks: degrees clockwise from north
    "north": ((0.0, 0.0), 0.0),
    "ahead": ((0.0, 1.0), 0.0),
    "northeast": ((0.0, 0.0), 45.0),
    "east": ((0.0, 0.0), 90.0),
    "wide": ((-6.0, 0.5), 90.0),
    "from_east": ((3.0, 3.0), 270.0),
    "from_north": ((0.0, 6.0), 180.0),
}
EYE_M = 1.5


def pose(place: tuple[float, float], heading_deg: float) -> list[float]:
    """`world_from_camera`, row order."""
    sine, cosine = np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[cosine, -sine, 0.0], [0.0, 0.0, -1.0], [sine, cosine, 0.0]]).T
    matrix[:3, 3] = (*place, EYE_M)
    return matrix.reshape(-1).tolist()


def camera(name: str) -> dict:
    return {"width": WIDTH, "height": HEIGHT, "intrinsics": INTRINSICS, "world_from_camera": pose(*CAMERAS[name])}


def box(name: str) -> dict:
    center, extents = BOXES[name]
    return {"center": center, "extents": extents, "rpy": LEVEL}


def frames() -> pl.DataFrame:
    return pl.DataFrame([{"frame_id": name, **camera(name)} for name in CAMERAS])


def scene_boxes(**tags: str) -> pl.DataFrame:
    """The boxes; an object's tag is its id without the number, or as given."""
    rows = [{"object_id": n, "tag": tags.get(n, n.partition("_")[0]), **box(n), "metric": True} for n in BOXES]
    return pl.DataFrame(rows)


def mark(name: str, image: int, color: str, kind: str = "box", u: float = 300.0, v: float = 200.0, label=None) -> dict:
    return {"image": image, "object_id": name, "kind": kind, "color": color, "u": u, "v": v, "label": label}


def row(
    subtask: str,
    form: str,
    question: str,
    answer: str,
    views: tuple[str, ...],
    names: tuple[str, ...] = (),
    label: str | None = None,
    seen: Mapping[str, Mapping[str, float]] | None = None,
    options: tuple[str, ...] | None = None,
    choices: tuple[str, ...] = (),
    value: float | None = None,
    unit: str | None = None,
    marks: tuple[dict, ...] = (),
    **told: object,
) -> dict:
    """A row of a question table.

    Args:
        seen: view number -> object -> visible fraction.
        choices: what the options say in canonical form.
        told: of the evidence.
    """
    involved = dict.fromkeys([*names, *(name for name in choices if name in BOXES)])
    evidence = {
        "margin": {"required": {}, "found": {}},
        **told,
        "boxes": {name: box(name) for name in involved},
        "cameras": {name: camera(name) for name in views},
        "visible": {str(number): {} for number in range(1, len(views) + 1)} | dict(seen or {}),
    }
    if choices:
        evidence["options"] = list(choices)
    if options:
        letters = zip("ABCD", options, strict=True)
        question = "\n".join([question, *(f"{letter}. {text}" for letter, text in letters)])
    return {
        "qa_id": f"{subtask}_{form}",
        "scene_id": "room",
        "variant": "box_centric",
        "capability": "",
        "subtask": subtask,
        "form": form,
        "question": question,
        "answer": answer,
        "options": options and list(options),
        "answer_value": value,
        "answer_unit": unit,
        "answer_label": label,
        "frame_ids": list(views),
        "object_ids": list(names),
        "marks": list(marks),
        "evidence": json.dumps(evidence),
        "metric": True,
        "rule_version": "1",
    }
