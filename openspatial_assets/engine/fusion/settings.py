"""Settings of the stage `scene_mesh`.

What does not belong here: how depth is fused (`resources/fusion.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeshSettings:
    """How finely, and from what, the surface of a scene is fused.

    Lengths are metres; in a scene without scale the median depth of its frames stands for `typical_depth_m`.

    Attributes:
        all_frames_up_to: of a scene with more frames only the keyframes are fused. Of fewer all are: what only blurred
            frames show is no keyframe, yet its depth is sound.
        voxel_m: side of a voxel. Depth cameras err by about as much at 2 m.
        truncation_voxels: depth counts this many voxels before and behind the surface. Fewer leave holes where depth
            is noisy, more swallow thin things.
        max_depth_m: farther depth is left out: the error of a structured-light sensor grows with the square of depth,
            to 4 cm at 5 m.
        min_views: the surface is kept where at least so many frames saw it.
        edge_share: pixels whose depth differs by more than this share from a neighbour's are left out; at the edge of
            an object sensors measure a depth between it and what lies behind.
        min_part_m2: connected parts of the surface with less area are left out: specks of noise.
        max_memory_gb: most memory for voxels. Where the scene would need more, voxels are made larger.
        typical_depth_m: see above.

    Raises:
        ValueError: a setting is out of its range.
    """

    all_frames_up_to: int = 200
    voxel_m: float = 0.015
    truncation_voxels: float = 4.0
    max_depth_m: float = 5.0
    min_views: int = 2
    edge_share: float = 0.05
    min_part_m2: float = 0.01
    max_memory_gb: float = 1.0
    typical_depth_m: float = 2.0

    def __post_init__(self) -> None:
        for name, good, wanted in (
            ("all_frames_up_to", self.all_frames_up_to >= 0, "0 or more"),
            ("voxel_m", self.voxel_m > 0, "above 0"),
            ("truncation_voxels", self.truncation_voxels >= 1, "at least 1"),
            ("max_depth_m", self.max_depth_m > 0, "above 0"),
            ("min_views", self.min_views >= 1, "at least 1"),
            ("edge_share", self.edge_share > 0, "above 0"),
            ("min_part_m2", self.min_part_m2 >= 0, "0 or more"),
            ("max_memory_gb", self.max_memory_gb > 0, "above 0"),
            ("typical_depth_m", self.typical_depth_m > 0, "above 0"),
        ):
            if not good:
                raise ValueError(f"setting mesh.{name} is {getattr(self, name)}, but must be {wanted}")
