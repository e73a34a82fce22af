"""The evidence of a question: a JSON object from which alone its answer can be computed again.

What does not live here: what is measured, and which margin held (the rules).
"""

import json
from typing import Any

from openspatial_assets.engine.questions.candidates import Draft
from openspatial_assets.engine.scene_graph.scene import SceneGraph


class Ledger:
    """The boxes and cameras of a scene as plain numbers, written down once."""

    def __init__(self, scene: SceneGraph) -> None:
        self.scene, seen = scene, scene.sightings
        self.object_ids = [scene.object_ids[index] for index in seen.objects.tolist()]
        rows = (seen.boxes.centers.tolist(), seen.boxes.extents.tolist(), seen.boxes.rpy.tolist())
        self.boxes = [{"center": c, "extents": e, "rpy": r} for c, e, r in zip(*rows, strict=True)]
        frames = scene.frames
        rows = (frames.sizes.tolist(), frames.intrinsics.tolist(), frames.world_from_camera.reshape(-1, 16).tolist())
        self.cameras = [
            {"width": size[0], "height": size[1], "intrinsics": intrinsics, "world_from_camera": pose}
            for size, intrinsics, pose in zip(*rows, strict=True)
        ]

    def evidence(
        self, draft: Draft, frames: tuple[int, ...], involved: tuple[int, ...], choices: tuple[int | str, ...]
    ) -> str:
        """The JSON text.

        Args:
            frames: those that the question shows. Of several, all cameras are kept, and what each shows of the objects.
            involved: all sightings that question and options name.
            choices: the options.
        """
        ids = self.object_ids
        entry: dict[str, Any] = {"asks": draft.asks, **draft.further, "measure": draft.measure}
        entry["margin"] = {"required": draft.margin.required, "found": draft.margin.found}
        if draft.claim:
            predicate, subject, target = draft.claim
            ends = [ids[end] if isinstance(end, int) else end for end in (subject, target)]
            entry["claim"] = {"predicate": predicate, "subject": ends[0], "object": ends[1]}
        if choices:
            entry["options"] = [ids[item] if isinstance(item, int) else item for item in choices]
        entry["boxes"] = {ids[sighting]: self.boxes[sighting] for sighting in involved}
        if len(frames) > 1:
            entry["visible"] = self._visible(frames, involved)
        if with_cameras := frames if len(frames) > 1 else draft.frames:
            entry["cameras"] = {self.scene.frames.ids[frame]: self.cameras[frame] for frame in with_cameras}
        if not self.scene.metric:
            entry["length_unit"] = self.scene.length_unit
        return json.dumps(entry, ensure_ascii=False, allow_nan=False)

    def _visible(self, frames: tuple[int, ...], involved: tuple[int, ...]) -> dict[str, dict[str, float]]:
        """View number -> object id -> visible fraction, of the objects that can be glimpsed there."""
        scene, things = self.scene, sorted({int(self.scene.sightings.objects[one]) for one in involved})
        return {
            str(number): {
                scene.object_ids[thing]: float(scene.shown_fraction[frame, thing])
                for thing in things
                if scene.glimpsed[frame, thing]
            }
            for number, frame in enumerate(frames, start=1)
        }
