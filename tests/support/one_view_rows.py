"""Right rows for sub-tasks of one image, about the room of `hand_made.py`, worked out on paper like `right_rows.py`."""

import json

import numpy as np
from support.hand_made import FOCAL, mark, row

SEEN = {"margin": {"required": {"visible_fraction": 0.3}, "found": {"visible_fraction": 1.0, "in_frame": 1.0}}}
CONVENTION = (
    "x to the right, y down and z forward, in meters; R = Rz(yaw) Ry(pitch) Rx(roll), in radians. "
    "Horizontal field of view: 65.2 degrees."
)


def one_view_rows() -> dict[str, dict]:
    """`<sub-task> <form>` -> a right row."""
    return {f"{entry['subtask']} {entry['form']}": entry for entry in (*_measured(), *_compared(), *_ranked())}


def _measured() -> list[dict]:
    gap = float(np.hypot(1.3, 0.3))  # lamp to sofa: x 3.2 to 4.5, y 0.3 to 0
    centers = float(np.linalg.norm([2.0, -1.5, -0.4]))
    # The mug lies 2.4 right, 0.45 down and 5 ahead of "north". In the camera's axes its x stays, its y looks ahead and
    # its z up: a roll of 90 degrees.
    box_9 = [2.4, 0.45, 5.0, 0.1, 0.1, 0.1, np.pi / 2, 0.0, 0.0]
    answer = json.dumps([{"bbox_3d": [2.4, 0.45, 5.0, 0.1, 0.1, 0.1, 1.57, 0.0, 0.0], "label": "mug"}])
    return [
        row("size_absolute", "open_ended", "How tall is the chair, in centimeters?", "100 cm", ("north",), ("chair_1",),
            value=100.0, unit="cm", asks="height", measure={"chair_1": {"height_m": 1.0}}, **SEEN),
        row("distance_absolute", "open_ended", "What is the gap between the lamp and the sofa, in meters?",
            f"{gap:.2f} m", ("east",), ("lamp_1", "sofa_1"), value=gap, unit="m", asks="distance",
            measure={"lamp_1|sofa_1": {"distance_m": gap, "center_distance_m": centers}}, **SEEN),
        row("grounding_3d", "open_ended", f"Find every mug: {CONVENTION}", answer, ("north",), ("mug_1",), asks="boxes",
            measure={"mug_1": {"bbox_3d_m_rad": box_9}}, **SEEN),
    ]  # fmt: skip


def _compared() -> list[dict]:
    # The chair lies straight ahead, 2.7 to 3.3 m; the cabinet 2.4 to the right and 5 ahead.
    chair = {"columns_px": [319.5 - FOCAL * 0.3 / 2.7, 319.5 + FOCAL * 0.3 / 2.7], "bearing_deg": 0.0}
    right = float(np.degrees(np.arctan2(2.4, 5.0)))
    cabinet = {"columns_px": [319.5 + FOCAL * 2.1 / 5.3, 319.5 + FOCAL * 2.7 / 4.7], "bearing_deg": right}
    near = {"depth_q1_m": 2.7, "depth_m": 2.7, "depth_q3_m": 2.8}
    far = {"depth_q1_m": 4.7, "depth_m": 4.7, "depth_q3_m": 4.8}
    pair = ("chair_1", "cabinet_1")
    return [
        row("left_right", "open_ended", "Is the chair to the left or to the right of the cabinet?", "Left", ("north",),
            pair, "left", asks="left", measure={"chair_1": chair, "cabinet_1": cabinet}, **SEEN),
        row("front_behind", "judgement", "From the camera, is the chair behind the cabinet?", "No.", ("north",), pair,
            "no", asks="behind", measure={"chair_1": near, "cabinet_1": far},
            claim={"predicate": "behind", "subject": "chair_1", "object": "cabinet_1"}, **SEEN),
        row("size_relative", "open_ended", "Which is taller, the lamp or the sofa?", "The lamp.", ("east",),
            ("lamp_1", "sofa_1"), "lamp_1", asks="taller",
            measure={"lamp_1": {"height_m": 1.6}, "sofa_1": {"height_m": 0.8}}, **SEEN),
        row("high_low", "judgement", "Is the mug (red box) higher than the chair?", "Yes", ("north",),
            ("mug_1", "chair_1"), "yes", asks="higher", marks=(mark("mug_1", 0, "red"),),
            measure={"mug_1": {"bottom_z_m": 1.0, "center_z_m": 1.05, "top_z_m": 1.1},
                     "chair_1": {"bottom_z_m": 0.0, "center_z_m": 0.5, "top_z_m": 1.0}},
            claim={"predicate": "higher", "subject": "mug_1", "object": "chair_1"}, **SEEN),
    ]  # fmt: skip


def _ranked() -> list[dict]:
    depths = {"mug_1": 5.0, "chair_1": 2.7, "cabinet_1": 4.4}
    measure = {n: {"depth_q1_m": d - 0.05, "depth_m": d, "depth_q3_m": d + 0.05} for n, d in depths.items()}
    colors = ("red", "blue", "green")
    points = tuple(
        mark(name, 0, color, "point", label=label) for name, color, label in zip(depths, colors, "123", strict=True)
    )
    asked = {"views": ("north",), "names": tuple(depths), "measure": measure, "marks": points}
    shown = "the objects at points 1, 2 and 3"
    return [
        row("depth_choice", "open_ended", f"Which of {shown} is the second closest?", "The object at point 3.",
            label="cabinet_1", asks="rank", rank=2, **asked, **SEEN),
        row("depth_order", "open_ended", f"Order {shown}, nearest first.", "2, 3, 1",
            label="chair_1>cabinet_1>mug_1", asks="order", **asked, **SEEN),
    ]  # fmt: skip
