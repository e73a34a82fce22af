"""Settings of the section `[reconstruction]`: from a plain video to posed keyframes.

What does not belong here: the settings of depth estimation (`depth_settings.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReconstructionSettings:
    """How a video's keyframes are chosen, and how their poses are found.

    Attributes:
        max_keyframes: at most so many are kept, spread evenly over the camera's motion; the time grows with them.
        min_keyframes: a video that gives fewer cannot be reconstructed.
        keyframe_motion: a new keyframe is due once the picture has moved by this share of its diagonal.
        max_image_side: larger keyframes are stored shrunk to this, pixels.
        feature_image_side: features are found on images of this size at most, pixels.
        max_features: of each keyframe.
        candidate_features: of each, the coarsest, by which pairs of keyframes that may see the same are found.
        candidate_matches: a pair with fewer of these in common is not matched in full.
        partners: at most so many keyframes a keyframe is matched with, besides those next to it in time.
        min_shared_points: two keyframes hang together if they share as many points that a third one sees too; and a
            keyframe that sees fewer is not registered.
        min_registered_share: of the keyframes, in the one model that is kept; fewer is a failure.
        points_per_frame: at most so many of a frame's triangulated points are stored with it.
        neighbors_per_frame: at most so many neighbours are named for each frame.
        gravity_cone_deg: the up direction is searched within this angle of what the cameras say.
    """

    max_keyframes: int = 120
    min_keyframes: int = 8
    keyframe_motion: float = 0.03
    max_image_side: int = 1280
    feature_image_side: int = 800
    max_features: int = 1500
    candidate_features: int = 300
    candidate_matches: int = 8
    partners: int = 10
    min_shared_points: int = 20
    min_registered_share: float = 0.5
    points_per_frame: int = 400
    neighbors_per_frame: int = 10
    gravity_cone_deg: float = 25.0

    def __post_init__(self) -> None:
        """Raise `ValueError` for what cannot be."""
        whole = ("max_keyframes", "min_keyframes", "max_image_side", "feature_image_side", "max_features",
                 "candidate_features", "candidate_matches", "partners", "min_shared_points", "points_per_frame",
                 "neighbors_per_frame")  # fmt: skip
        for name in whole:
            if getattr(self, name) < 1:
                raise ValueError(f"reconstruction.{name}={getattr(self, name)} must be at least 1")
        if not 3 <= self.min_keyframes <= self.max_keyframes:
            raise ValueError(
                f"reconstruction.min_keyframes={self.min_keyframes} must lie between 3 and max_keyframes="
                f"{self.max_keyframes}"
            )
        for name, most in (("keyframe_motion", 1.0), ("min_registered_share", 1.0), ("gravity_cone_deg", 90.0)):
            if not 0.0 < getattr(self, name) <= most:
                raise ValueError(f"reconstruction.{name}={getattr(self, name)} must be more than 0, at most {most:g}")
