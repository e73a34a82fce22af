"""The jobs that a person starts in the web UI: for one scene, one variant, everything, or the inbox.

What belongs here: their configuration and what they launch. What does not: how a plan becomes runs (`launching.py`).
"""

import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
import fsspec
from pydantic import Field

from openspatial_assets.automation.instance import LAUNCHER_TAG
from openspatial_assets.automation.interrupted import launching_process
from openspatial_assets.automation.launching import causes, failures, launch
from openspatial_assets.partitions import SCENE_AXIS, SCENE_PARTITIONS
from openspatial_assets.variants import VARIANTS
from resources.inbox import Memory, look
from resources.inbox.desk import CONTENT_HASH, SOURCE, Taken, scene_id_of
from resources.inbox.files import video_hash
from resources.inbox.settings import InboxSettings
from resources.sources.discovery import FALLBACK, layout_of_folder
from resources.sources.registration import Registration, SourceError, register
from resources.store import Workplace

PRIORITY_TAG = "dagster/priority"
WAITED_FOR = {PRIORITY_TAG: "1"}
"""Tags of runs that somebody waits for: they start before the night's."""
AT_LEISURE = {PRIORITY_TAG: "-1"}
LAUNCHER = {LAUNCHER_TAG: "yes", **WAITED_FOR}
LOOKS = 10
"""At the inbox by one run; a file that is still growing is left to the next."""
LOOK_AGAIN_S = 1.0
"""More than the resolution of the times of file systems."""


class SceneConfig(dg.Config):
    """A folder of any layout, or a video, to register as a scene and materialise."""

    dir: str = Field(description="the scene's folder, or a video file")
    scene_id: str = Field("", description="the partition key; empty for the folder's or file's name")
    source: str = Field("", description="the layout: a module of resources/sources; empty: by its name")
    license: str = Field("", description="licence of the images, carried to every exported row")
    metric: bool = Field(True, description="whether the world's unit is the metre (a video's is not)")
    depth_scale: float = Field(0.0, description="stored depth value / depth_scale = metres; 0 for the layout's own")
    options: dict[str, Any] = Field({}, description="options of the layout, such as every: 10")
    camera_height_m: float = Field(0.0, description="of a video: how high the camera was held, metres; 0 for unknown")
    variants: list[str] = Field([], description="the variants to materialise; empty for all")

    def registration(self) -> Registration:
        """What goes into the registry: the layout is the one that knows the folder, unless it is given.

        Raises:
            SourceError: the id cannot be a partition key, the folder holds several scenes, or there is no such video.
        """
        path = self.dir.rstrip("/")
        name = path.rsplit("/", 1)[-1]
        video = self.source == SOURCE or (not self.source and name.lower().endswith(InboxSettings().suffixes))
        found = None if video else layout_of_folder(path, self.source, self.scene_id)
        options: dict[str, Any] = dict(found.options) if found else {}
        if video:
            options = {CONTENT_HASH: _hash_of(path)}
            options |= {"camera_height_m": self.camera_height_m} if self.camera_height_m else {}
        given = name if found is None else found.scene_id
        return Registration(
            scene_id=self.scene_id or (scene_id_of(name.rsplit(".", 1)[0]) if video else given),
            source=self.source or (SOURCE if video else found.source if found else FALLBACK),
            root=path if found is None else found.root,
            license=self.license or None,
            metric=None if video else self.metric,
            depth_scale=self.depth_scale or None,
            options=options | self.options,
        )


class ScopeConfig(dg.Config):
    """What to bring up to date."""

    variants: list[str] = Field([], description="names of variants; empty for all")
    scenes: list[str] = Field([], description="scene ids; empty for all")
    datasets_only: bool = Field(False, description="only what is made of all scenes: datasets, exports, reports")


def scope_config(**scope: Any) -> dict[str, Any]:
    """The run configuration of `bring_up_to_date` for a scope."""
    return {"ops": {materialise_what_changed.name: {"config": scope}}}


def to_compute(instance: dg.DagsterInstance, taken: Sequence[Taken]) -> list[Taken]:
    """The videos that runs are needed for: news, and those whose run was never asked for; each scene once."""
    return list(
        {
            video.scene: video
            for video in taken
            if video.news or not instance.has_dynamic_partition(SCENE_AXIS, video.scene)
        }.values()
    )


@dg.op
def register_and_materialise(context: dg.OpExecutionContext, config: SceneConfig, workplace: Workplace) -> None:
    """Register the folder or video, then run whatever the scene and the variants' datasets need."""
    registration = config.registration()
    state = register(workplace.path, registration)
    context.log.info(f"scene {registration.scene_id}: registration {state}")
    _launch(context, workplace, config.variants, [registration.scene_id])


@dg.op
def materialise_what_changed(context: dg.OpExecutionContext, config: ScopeConfig, workplace: Workplace) -> None:
    """Run the plan: what is missing or out of date, and nothing else."""
    _launch(context, workplace, config.variants, [] if config.datasets_only else config.scenes or None)


@dg.op
def materialise_scene(context: dg.OpExecutionContext, workplace: Workplace) -> None:
    """Run what the plan says of this run's scene."""
    _launch(context, workplace, [], [context.partition_key])


@dg.op
def materialise_variant(context: dg.OpExecutionContext, workplace: Workplace) -> None:
    """Run what the plan says of this run's variant, for all scenes."""
    _launch(context, workplace, [context.partition_key], None)


@dg.op
def take_from_inbox(context: dg.OpExecutionContext, workplace: Workplace) -> None:
    """Look at the inbox until its files have stopped changing, then run what their scenes need."""
    settings: InboxSettings = workplace.settings()["inbox"]
    memory, scenes = Memory(), []
    for _ in range(LOOKS):
        found = look(workplace.path, settings, memory, time.time())
        memory = found.memory
        scenes += [video.scene for video in to_compute(context.instance, found.taken)]
        for note in found.notes:
            context.log.info(note)
        if not memory.waiting:
            break
        context.log.info(f"{len(memory.waiting)} files in {found.folder} may still be changing: waiting")
        time.sleep(max(settings.stable_s, LOOK_AGAIN_S))
    if scenes:
        _launch(context, workplace, [], list(dict.fromkeys(scenes)))
    else:
        context.log.info(f"nothing new in {found.folder}")


@dg.job(description="Register a folder or a video as a scene and take it through the whole graph.", tags=LAUNCHER)
def add_scene() -> None:
    register_and_materialise()


@dg.job(description="Bring variants and scenes up to date: exactly what the plan, logged first, says.", tags=LAUNCHER)
def bring_up_to_date() -> None:
    materialise_what_changed()


@dg.job(
    description="Bring one scene up to date, for all variants: choose it as the partition.",
    partitions_def=SCENE_PARTITIONS,
    tags=LAUNCHER,
)
def bring_scene_up_to_date() -> None:
    materialise_scene()


@dg.job(
    description="Bring one variant up to date, for all scenes: choose it as the partition.",
    partitions_def=dg.StaticPartitionsDefinition(list(VARIANTS)),
    tags=LAUNCHER,
)
def bring_variant_up_to_date() -> None:
    materialise_variant()


@dg.job(description="Take the videos in the inbox now, also when the sensor is off.", tags=LAUNCHER)
def scan_inbox() -> None:
    take_from_inbox()


JOBS = [add_scene, bring_up_to_date, bring_scene_up_to_date, bring_variant_up_to_date, scan_inbox]


def _launch(
    context: dg.OpExecutionContext, workplace: Workplace, variants: Sequence[str], scenes: Sequence[str] | None
) -> None:
    if unknown := [name for name in variants if name not in VARIANTS]:
        raise dg.Failure(f"variant {unknown[0]!r} is unknown; choose from {', '.join(VARIANTS)}")
    with launching_process(context.instance) as process:
        if process:
            context.instance.add_run_tags(context.run_id, dict(process))
        tags = {"launched_by": context.run_id}
        launch(workplace, context.instance, variants or list(VARIANTS), scenes, context.log.info, tags)
    if failed := failures(workplace, scenes):
        raise dg.Failure(causes(failed))


def _hash_of(path: str) -> str:
    filesystem, inside = fsspec.core.url_to_fs(path)
    try:
        return video_hash(filesystem, inside)
    except OSError as error:
        raise SourceError(f"{path}: this video cannot be read ({error.strerror or error})") from error
