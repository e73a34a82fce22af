"""The sensor that looks through dataset folders: new scenes are registered and become partitions.

What belongs here: what a tick asks Dagster for. What does not: which folders are scenes (`resources/sources`).
"""

from datetime import datetime

import dagster as dg

from openspatial_assets.automation.jobs import AT_LEISURE, bring_up_to_date, scope_config
from openspatial_assets.partitions import SCENE_AXIS, SCENE_PARTITIONS
from resources.sources.discovery import discovered, register_found
from resources.sources.registration import SourceError, registered
from resources.store import Workplace

LOOK_EVERY_S = 300
NOT_SET = "no folder is named: add one as [[discovery.roots]] to settings.toml, or run make discover ROOT=<folder>"


@dg.sensor(
    job=bring_up_to_date,
    minimum_interval_seconds=LOOK_EVERY_S,
    # Without a folder in the settings it does nothing; with one, a person has asked for it.
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="New scenes under the dataset folders of settings.toml are registered and become partitions.",
)
def datasets(context: dg.SensorEvaluationContext, workplace: Workplace) -> dg.SensorResult:
    """One look at all folders; a folder or scene that cannot be used is named, and stops no other."""
    settings = workplace.settings()["discovery"]
    if not settings.roots:
        return dg.SensorResult(skip_reason=NOT_SET)
    notes: list[str] = []
    added: list[str] = []
    for place in settings.roots:
        try:
            done = register_found(workplace.path, discovered(place), settings.scenes_a_tick - len(added))
        except (SourceError, OSError) as error:
            notes.append(str(error))
            continue
        added += done.added
        notes += done.refused
    for note in notes:
        context.log.warning(note)
    # All that is registered, not only what is new: a tick that was lost after registering is made good.
    new = [one for one in registered(workplace.path) if not context.instance.has_dynamic_partition(SCENE_AXIS, one)]
    requests = [_request(added)] if added and settings.materialise else []
    said = [f"{len(added)} new scenes registered"] if added else []
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[SCENE_PARTITIONS.build_add_request(new)] if new else [],
        skip_reason=None if requests else "; ".join([*said, *notes[:3]]) or "nothing new",
    )


def _request(scenes: list[str]) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"datasets {datetime.now().isoformat()}", run_config=scope_config(scenes=scenes), tags=AT_LEISURE
    )
