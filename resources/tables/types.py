"""Column types that several tables share.

What does not belong here: the tables (the modules beside this one).
"""

import polars as pl

from resources.schema import Column

Vec2, Vec3, Vec4, Mat4 = (pl.Array(pl.Float64, n) for n in (2, 3, 4, 16))
Text = pl.String
Texts = pl.List(pl.String)
Point3 = pl.Struct({"x": pl.Float64, "y": pl.Float64, "z": pl.Float64})
Mark = pl.Struct(
    {"image": pl.Int64, "object_id": Text, "kind": Text, "color": Text, "u": pl.Float64, "v": pl.Float64, "label": Text}
)
Turn = pl.Struct({"from": Text, "value": Text})
Picture = pl.Struct({"bytes": pl.Binary, "path": Text})
Drop = pl.Struct({"frame_id": Text, "reason": Text})
Fault = pl.Struct({"path": Text, "problem": Text, "page": Text})
Count = pl.Struct({"name": Text, "count": pl.Int64})
Guess = pl.Struct(
    {"name": Text, "questions": pl.Int64, "right": pl.Float64, "chance": pl.Float64, "sigmas": pl.Float64}
)
Distractor = pl.Struct({"object_id": Text, "u": pl.Float64, "v": pl.Float64, "depth": pl.Float64})


def frame_and_object() -> dict[str, Column]:
    return {
        "frame_id": Column(Text, "frame, unique in the scene"),
        "object_id": Column(Text, "object, unique in the scene"),
    }
