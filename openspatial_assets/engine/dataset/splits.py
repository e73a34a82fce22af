"""The split of scenes into train and val.

A scene's split is a draw from a hash of its own id (of its location's, where several scans show one place), so it does
not depend on which other scenes there are: adding or removing scenes moves none between the splits, and a model trained
on an older export is never validated on what it was trained on.

One exception, for small collections: where the draw sends two or more locations all to one split, the location with the
lowest draw validates (or the one with the highest trains). It may change sides when scenes are added; with
`hold_out_one = false` it does not exist, and `val` may be empty.
"""

import hashlib
import re
from collections.abc import Iterable

from openspatial_assets.engine.dataset.settings import DatasetSettings

TRAIN, VAL = "train", "val"


def location_of(scene_id: str, location_pattern: str) -> str:
    """What scenes of the same place have in common: the pattern's first group, or the id itself."""
    found = re.match(location_pattern, scene_id) if location_pattern else None
    return found.group(1) if found and found.groups() else scene_id


def draw_of(location: str, seed: int) -> float:
    """A number in [0, 1) that depends on the location and the seed alone."""
    digest = hashlib.blake2b(f"split|{seed}|{location}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def split_of_scenes(scene_ids: Iterable[str], settings: DatasetSettings) -> dict[str, str]:
    """Scene -> `train` or `val`: `val` where the draw is below `val_fraction`."""
    locations = {scene: location_of(scene, settings.location_pattern) for scene in sorted(scene_ids)}
    draws = {location: draw_of(location, settings.seed) for location in sorted(set(locations.values()))}
    val = {location for location, draw in draws.items() if draw < settings.val_fraction}
    if settings.hold_out_one and len(draws) >= 2 and 0 < settings.val_fraction < 1:
        by_draw = sorted(draws, key=draws.__getitem__)
        val = (val | {by_draw[0]}) - {by_draw[-1]}
    return {scene: VAL if location in val else TRAIN for scene, location in locations.items()}
