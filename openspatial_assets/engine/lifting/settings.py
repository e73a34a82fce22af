"""How clouds of masks are cleaned, joined across views, and turned into boxes.

What does not live here: the algorithm (the modules beside this one), recognition and masks.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LiftingSettings:
    """Lengths are metres; in a scene without scale they are multiplied by its length unit (`scene_unit`).

    Attributes:
        image_width_px: depth and masks are sampled down to about this width: surfaces are then 2 to 10 mm apart at 1 to
            4 m, finer than depth cameras are exact.
        erosion_share: masks lose a rim of this share of the image's width, where depth mixes object and background.
        cluster_radius: points closer than this many point spacings belong to one cluster, of which the largest is kept.
        min_cluster_m: and never less than this: the noise of a depth camera.
        min_part_share: clusters of at least this share of the largest one may be parts of the object: what stands
            before it cuts it in two.
        outlier_deviations: points whose mean distance to their neighbours is so many standard deviations above the
            mean of the cloud are outliers.
        min_mask_points: a mask with fewer points after cleaning says nothing.
        max_depth_m: what lies farther is not lifted: the noise of depth grows with its square.
        voxel_m: edge of the voxels in which clouds are compared.
        depth_tolerance: share of the depth by which a surface may differ from a depth image and still be the one seen.
        min_containment: two sets of voxels with a smaller share of the smaller one in common are two objects.
        min_consensus: of the views that could see both parts, this share must have them in one mask.
        consensus_views: with fewer such views the containment decides alone.
        min_seen_share: a view could see something if so much of its surface is seen there.
        min_voxel_votes: a voxel is the object's if this share of its masks has it, of those in whose view it is seen.
        min_votes_apart: and this share, where it lies apart from the largest cluster of the masks.
        min_support: an object that is named in less than this share of the views that could see it is a false find.
        max_shared: an object with a larger share of its voxels in another, better supported one is the same or none.
        piece_gap_m: what one view alone names, this near to another object of its kind, is a piece of that.
        thinning_m: clouds are thinned to a point a voxel of this edge before a box is fitted.
        trim_percent: share of the points, in percent, that is left beyond each face of a box.
        depth_noise_m: points this close to a box's side lie on it: what depth cameras err by at 2 to 3 m.
        min_extent_m: least extent of a box.
        tilt_saving: a tilted box must save this share of the upright one's volume.
        tilt_noise_m: nothing counts as thinner than this in that comparison.
        max_foot_gap_m: an object whose foot is hidden is extended to the floor from no higher than this.
        floor_band_m: points no higher above the floor are the floor's, unless most of a mask lies there.
    """

    image_width_px: int = 320
    erosion_share: float = 0.003
    cluster_radius: float = 4.0
    min_cluster_m: float = 0.03
    min_part_share: float = 0.1
    outlier_deviations: float = 2.5
    min_mask_points: int = 25
    max_depth_m: float = 6.0
    voxel_m: float = 0.025
    depth_tolerance: float = 0.015
    min_containment: float = 0.3
    min_consensus: float = 0.7
    consensus_views: int = 3
    min_seen_share: float = 0.25
    min_voxel_votes: float = 0.3
    min_votes_apart: float = 0.8
    min_support: float = 0.25
    max_shared: float = 0.5
    piece_gap_m: float = 0.1
    thinning_m: float = 0.01
    trim_percent: float = 0.5
    depth_noise_m: float = 0.02
    min_extent_m: float = 0.025
    tilt_saving: float = 0.15
    tilt_noise_m: float = 0.05
    max_foot_gap_m: float = 0.9
    floor_band_m: float = 0.05
