"""Right rows for the sub-tasks of several views, about the room of `hand_made.py`.

What each row says was worked out on paper; the comments tell how.
"""

import numpy as np
from support.hand_made import BOXES, box, mark, row

BOTH = "View 1 and View 2 show the same scene."


def right_rows() -> dict[str, dict]:
    """`<sub-task> <form>` -> a right row."""
    rows = [*_camera_rows(), *_object_rows(), *_correspondence_rows(), _caption(), _route()]
    return {f"{entry['subtask']} {entry['form']}": entry for entry in rows}


def _camera_rows() -> list[dict]:
    # The chair's near side is at y 2.7, its top at z 1: 2.7 ahead of "north" and 1.7 of "ahead", 0.5 below both.
    far, near = float(np.hypot(2.7, 0.5)), float(np.hypot(1.7, 0.5))
    nearness = {
        "views": ("north", "ahead"),
        "names": ("chair_1",),
        "seen": {"1": {"chair_1": 1.0}, "2": {"chair_1": 0.9}},
        "asks": "closest",
        "measure": {"1": {"distance_m": far}, "2": {"distance_m": near}},
        "boxes_by_view": {"1": box("chair_1"), "2": box("chair_1")},
        "margin": {
            "required": {"distance_ratio": 1.25, "gap_m": 0.3},
            "found": {"distance_ratio": far / near, "gap_m": far - near},
        },
    }
    turn = {"asks": "rotation", "measure": {"2": {"yaw_deg": 45.0, "pitch_deg": 0.0, "roll_deg": 0.0}}}
    move = {"asks": "translation", "measure": {"2": {"x_m": 0.0, "y_m": 0.0, "z_m": 1.0}}}
    # Around (0, 3): from the south at -90 degrees, from the east at 0, from the north at 90. Clockwise from the south
    # comes the west, where nobody stands, then the north, then the east.
    around = {
        "views": ("north", "from_east", "from_north"),
        "asks": "clockwise",
        "center": [0.0, 3.0, 1.5],
        "measure": {"1": {"bearing_deg": -90.0}, "2": {"bearing_deg": 0.0}, "3": {"bearing_deg": 90.0}},
    }
    three = "View 1, View 2 and View 3 show the same scene."
    return [
        row(
            "distance_object_camera",
            "open_ended",
            f"{BOTH} In which is the camera closest to the chair?",
            "View 2.",
            label="2",
            **nearness,
        ),
        row(
            "distance_object_camera",
            "judgement",
            f"{BOTH} Is the camera of View 1 the closest one to the chair (red box)?",
            "No, that is View 2.",
            label="no",
            claim={"predicate": "closest", "subject": "1", "object": "views"},
            marks=(mark("chair_1", 0, "red"), mark("chair_1", 1, "red")),
            **nearness,
        ),
        row(
            "camera_motion",
            "open_ended",
            f"{BOTH} Which way did the camera turn from View 1 to View 2?",
            "It turned to the right.",
            ("north", "northeast"),
            label="right",
            **turn,
        ),
        row(
            "camera_motion",
            "multiple_choice",
            f"{BOTH} In which direction did the camera move from View 1 to View 2?",
            "C. forward",
            ("north", "ahead"),
            label="forward",
            options=("up", "backward", "forward", "left"),
            choices=("up", "backward", "forward", "left"),
            **move,
        ),
        row(
            "camera_motion",
            "judgement",
            f"{BOTH} True or false: the camera turned left from View 1 to View 2.",
            "False",
            ("north", "northeast"),
            label="no",
            claim={"predicate": "left", "subject": "2", "object": "1"},
            **turn,
        ),
        row(
            "camera_pose",
            "open_ended",
            f"{three} Seen from above, in which clockwise order do the cameras stand?",
            "View 1, View 3, View 2",
            label="1>3>2",
            **around,
        ),
        row(
            "camera_pose",
            "judgement",
            f"{three} Seen from above, is View 1, View 2, View 3 their clockwise order?",
            "No.",
            label="no",
            claim={"predicate": "clockwise", "subject": "1>2>3", "object": "views"},
            **around,
        ),
    ]


def _object_rows() -> list[dict]:
    # Chair to lamp: 2.5 in x and 2 in y; chair to sofa: 4.2 and 2.7; their heights overlap.
    to_lamp, to_sofa = float(np.hypot(2.5, 2.0)), float(np.hypot(4.2, 2.7))
    seen = {"1": {"chair_1": 1.0}, "2": {"lamp_1": 0.8, "sofa_1": 1.0}}
    views = ("north", "east")
    nearest = {
        "views": views,
        "names": ("chair_1", "lamp_1", "sofa_1"),
        "seen": seen,
        "asks": "nearest",
        "measure": {"chair_1|lamp_1": {"distance_m": to_lamp}, "chair_1|sofa_1": {"distance_m": to_sofa}},
    }
    centers = float(np.linalg.norm([5.0, -4.0, -0.1]))
    apart = {
        "views": views,
        "names": ("chair_1", "sofa_1"),
        "seen": {"1": {"chair_1": 1.0}, "2": {"sofa_1": 1.0}},
        "asks": "distance",
        "measure": {"chair_1|sofa_1": {"distance_m": to_sofa, "center_distance_m": centers}},
    }
    # From the lamp, the sofa lies 2 to the east and 1.5 to the south; the chair 3 to the west and 2.5 to the north.
    toward = float(np.degrees(np.arctan2(-3.0, 2.5) - np.arctan2(2.0, -1.5)) % 360.0)  # 182.9: behind
    where = {
        "views": views,
        "names": ("lamp_1", "sofa_1", "chair_1"),
        "seen": seen,
        "asks": "bearing",
        "facing": "front",
        "measure": {"lamp_1|chair_1": {"bearing_deg": toward}, "lamp_1|sofa_1": {"bearing_deg": 0.0}},
    }
    return [
        row(
            "multiview_distance_relative",
            "open_ended",
            f"{BOTH} Which is nearest to the chair: the lamp or the sofa?",
            "The lamp.",
            label="lamp_1",
            **nearest,
        ),
        row(
            "multiview_distance_relative",
            "judgement",
            f"{BOTH} Is the lamp nearer to the chair than the sofa?",
            "Yes, the lamp is.",
            label="yes",
            claim={"predicate": "nearest", "subject": "lamp_1", "object": "sofa_1"},
            **nearest,
        ),
        row(
            "multiview_distance_absolute",
            "open_ended",
            f"{BOTH} How many centimeters lie between the closest points of the chair and the sofa (blue mask)?",
            f"{100 * to_sofa:.0f} cm",
            value=100 * to_sofa,
            unit="cm",
            marks=(mark("sofa_1", 1, "blue", "mask"),),
            **apart,
        ),
        row(
            "multiview_distance_absolute",
            "multiple_choice",
            f"{BOTH} What is the distance between the closest points of the chair and the sofa?",
            "B",
            value=to_sofa,
            unit="m",
            options=("2.10 m", f"{to_sofa:.2f} m", "9.80 m", "3.40 m"),
            choices=("2.10 m", f"{to_sofa:.2f} m", "9.80 m", "3.40 m"),
            **apart,
        ),
        row(
            "multiview_position",
            "open_ended",
            f"{BOTH} You stand at the lamp, with the sofa in front of you. In which direction is the chair?",
            "The chair is behind you.",
            label="back",
            **where,
        ),
        row(
            "multiview_position",
            "judgement",
            f"{BOTH} You stand at the lamp, and the sofa is in front of you. Is the chair to your left?",
            "No",
            label="no",
            claim={"predicate": "left", "subject": "chair_1", "object": "lamp_1"},
            **where,
        ),
    ]


def _correspondence_rows() -> list[dict]:
    # A point of the chair's near side, (0.1, 2.7, 0.9): 0.1 right, 0.6 down, 2.7 ahead of "north", 1.7 of "ahead".
    u, v = 319.5 + 500 * 0.1 / 2.7, 239.5 + 500 * 0.6 / 2.7
    true_u, true_v = 319.5 + 500 * 0.1 / 1.7, 239.5 + 500 * 0.6 / 1.7
    places = {"1": (200.0, 200.0, 4.0), "2": (true_u, true_v, 1.7), "3": (500.0, 300.0, 3.0), "4": (340.0, 300.0, 4.0)}
    points = [mark("chair_1", 0, "green", "point", u, v)]
    colors = dict(zip(places, ("red", "blue", "yellow", "pink"), strict=True))
    points += [
        mark("chair_1" if name == "2" else None, 1, colors[name], "point", *place[:2], label=name)
        for name, place in places.items()
    ]
    match = {
        "views": ("north", "ahead"),
        "names": ("chair_1",),
        "seen": {"1": {"chair_1": 1.0}, "2": {"chair_1": 1.0}},
        "asks": "match",
        "source": {"u": u, "v": v, "depth_m": 2.7},
        "candidates": {n: {"u": p[0], "v": p[1], "depth_m": p[2]} for n, p in places.items()},
        "measure": {n: {"offset_px": float(np.hypot(p[0] - true_u, p[1] - true_v))} for n, p in places.items()},
    }
    away = {"visible_fraction_1": 1.0, "outside_share": 1.0}  # the lamp is 3 m to the right, and 0.5 m ahead
    # The plant's corner nearest to "north" is 2.8 to the right and 2.5 ahead: at u 879.5, 0.375 of the width too far.
    again = {"visible_fraction_1": 1.0, "visible_fraction_2": 0.9}
    others = ("lamp_1", "chair_1", "sofa_1", "plant_1")
    seen = {"1": dict.fromkeys(others, 1.0), "2": {"chair_1": 0.9}}
    listed = tuple(f"the {name.partition('_')[0]}" for name in others)
    return [
        row(
            "correspondence_point",
            "open_ended",
            f"{BOTH} Which of the points 1, 2, 3 and 4 in View 2 matches the green point in View 1?",
            "Point 2",
            label="2",
            marks=tuple(points),
            **match,
        ),
        row(
            "correspondence_object",
            "judgement",
            f"{BOTH} Can the lamp of View 1 also be seen in View 2?",
            "No",
            ("east", "north"),
            ("lamp_1",),
            "no",
            {"1": {"lamp_1": 1.0}},
            asks="visible",
            measure={"lamp_1": away},
            claim={"predicate": "visible", "subject": "lamp_1", "object": "2"},
        ),
        row(
            "correspondence_object",
            "multiple_choice",
            f"{BOTH} Which of these objects can be seen in both?",
            "B. the chair",
            ("wide", "north"),
            ("chair_1",),
            "chair_1",
            seen,
            listed,
            others,
            asks="visible",
            measure={"chair_1": again, "lamp_1": away, "sofa_1": away, "plant_1": away | {"outside_share": 0.37}},
        ),
    ]


FILLER = "Nothing else that matters can be told from what these views show of the room and of the things in it."


def _caption() -> dict:
    counts = [
        ("chair_1", "a chair"),
        ("lamp_1", "a lamp"),
        ("sofa_1", "a sofa"),
        ("plant_1", "a plant"),
        ("cabinet_1", "a cabinet"),
        ("mug_1", "a mug"),
    ]
    facts = [
        {"kind": "count", "text": text, "tag": name.partition("_")[0], "number": 1, "objects": [name]}
        for name, text in counts
    ]
    relations = [
        ("on", "the mug stands on the cabinet", "mug_1", "cabinet_1"),
        ("taller", "the lamp is taller than the sofa", "lamp_1", "sofa_1"),  # 1.6 and 0.8
        ("taller", "the chair is less tall than the lamp", "lamp_1", "chair_1"),  # 1.6 and 1.0
        ("larger", "the sofa is larger than the chair", "sofa_1", "chair_1"),  # 1.6 and 0.36 m3
        ("larger", "the plant is smaller than the cabinet", "cabinet_1", "plant_1"),  # 0.16 and 0.36 m3
        ("higher", "the mug is higher up than the plant", "mug_1", "plant_1"),  # 1.05 and 0.5
        ("far", "the chair is far away from the sofa", "chair_1", "sofa_1"),  # 4.99
        ("far", "the lamp is far away from the cabinet", "lamp_1", "cabinet_1"),  # 4.00
    ]
    facts += [{"kind": k, "text": text, "subject": a, "object": b} for k, text, a, b in relations]
    gap = float(np.hypot(0.1, 2.2))  # plant to cabinet: 0.1 in x, 2.2 in y
    facts += [
        {
            "kind": "distance",
            "text": f"the gap between the plant and the cabinet is {gap:.2f} meters",
            "subject": "plant_1",
            "object": "cabinet_1",
            "value": gap,
            "unit": "m",
        },
        {
            "kind": "size",
            "text": "the sofa is 200 centimeters long",
            "subject": "sofa_1",
            "dimension": "length",
            "value": 200.0,
            "unit": "cm",
        },
    ]
    sentences = [f"{fact['text'][:1].upper()}{fact['text'][1:]}." for fact in facts[len(counts) :]]
    answer = " ".join([f"The views show {', '.join(text for _, text in counts)}.", *sentences, *[FILLER] * 6])
    seen = {
        "1": {"chair_1": 1.0, "cabinet_1": 1.0, "mug_1": 1.0},
        "2": {"plant_1": 1.0, "cabinet_1": 1.0, "mug_1": 1.0},
        "3": {"lamp_1": 1.0, "sofa_1": 1.0},
    }
    return row(
        "scene_caption",
        "open_ended",
        "Describe the scene of View 1, View 2 and View 3.",
        answer,
        ("north", "northeast", "east"),
        tuple(BOXES),
        seen=seen,
        asks="caption",
        measure={},
        facts=facts,
    )


def _route() -> dict:
    # North to the chair, whose near side is at y 2.7: stop at 2.3. Turn right (90 degrees) to the plant, whose near
    # side is at x 2.8: stop at 2.4. Turn left to the cabinet, whose near side is at y 4.7: stop at 4.3.
    stops = [[0.0, 2.3], [2.4, 2.3], [2.4, 4.3]]
    told = {
        "start": [0.0, 0.0],
        "stops": stops,
        "lengths_m": [2.3, 2.4, 2.0],
        "floor": {"z": 0.0, "cell_m": 0.1, "origin": [-1.05, -1.05], "rows": ["60."] * 70},
        "boxes": {name: box(name) for name in ("chair_1", "plant_1", "cabinet_1", "mug_1")},
    }
    seen = {
        "1": {"chair_1": 1.0, "cabinet_1": 1.0},
        "2": {"plant_1": 1.0, "cabinet_1": 1.0},
    }
    steps = "go forward until you reach the chair, then [turn 1], then go forward until you reach the plant, "
    steps += "then [turn 2], then go forward until you reach the cabinet."
    return row(
        "route_plan",
        "open_ended",
        f"{BOTH} You start at View 1, facing the chair: {steps} Name the turns.",
        "Turn right, then turn left.",
        ("north", "northeast"),
        ("chair_1", "plant_1", "cabinet_1"),
        "right>left",
        seen,
        asks="turns",
        measure={"1": {"turn_deg": -90.0}, "2": {"turn_deg": 90.0}},
        route=told,
    )
