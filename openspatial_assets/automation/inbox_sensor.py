"""The sensor that watches the inbox: new videos become scenes, and a run is requested for each.

What belongs here: what a tick asks Dagster for. What does not: which files are complete and new (`resources/inbox`),
and what a run does (`jobs.py`).

A tick that Dagster loses after the registration is made good by the next one: a scene without a partition is asked for
again, and a run of the same key is never launched twice.
"""

import time
import warnings

import dagster as dg
import fsspec

from openspatial_assets.automation.interrupted import mend
from openspatial_assets.automation.jobs import WAITED_FOR, bring_up_to_date, scope_config, to_compute
from openspatial_assets.partitions import SCENE_AXIS, SCENE_PARTITIONS
from resources.inbox import InboxSettings, Look, folder_of, look
from resources.inbox import Memory as InboxMemory
from resources.inbox.desk import Taken
from resources.store import Workplace

# The decorator itself names the sensor's owners, of which there are none; the warning would come with every start.
warnings.filterwarnings("ignore", "Parameter `owners` of initializer `SensorDefinition", dg.BetaWarning)

LOOK_EVERY_S = 15
NOTES_SHOWN = 5
"""Lines of a tick's message in the web UI; its log has all of them."""


@dg.sensor(
    job=bring_up_to_date,
    minimum_interval_seconds=LOOK_EVERY_S,
    # A video in the inbox is a person's request; an empty inbox costs one listing.
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="New videos in the inbox become scenes, and go through the whole graph.",
)
def inbox(context: dg.SensorEvaluationContext, workplace: Workplace) -> dg.SensorResult:
    """One look at the inbox, remembered in the cursor. Runs of killed processes are marked as such in passing."""
    for line in mend(context.instance):
        context.log.warning(line)
    settings = workplace.settings()["inbox"]
    make_folder(workplace, settings)
    found = look(workplace.path, settings, InboxMemory.of_text(context.cursor), time.time())
    for note in found.notes:
        context.log.info(note)
    wanted = to_compute(context.instance, found.taken)
    new = [taken.scene for taken in wanted if not context.instance.has_dynamic_partition(SCENE_AXIS, taken.scene)]
    return dg.SensorResult(
        run_requests=[_request(taken) for taken in wanted],
        dynamic_partitions_requests=[SCENE_PARTITIONS.build_add_request(new)] if new else [],
        cursor=found.memory.text,
        skip_reason=None if wanted else why_nothing(found),
    )


def why_nothing(found: Look) -> str:
    """What a tick without runs says: what is wrong with files, and how many may still be growing."""
    said = found.notes[:NOTES_SHOWN]
    if len(found.notes) > NOTES_SHOWN:
        said.append(f"and {len(found.notes) - NOTES_SHOWN} more, in the log")
    if growing := len(found.memory.waiting):
        said.append(
            f"{growing} {'files wait until they stop' if growing > 1 else 'file waits until it stops'} changing"
        )
    return "; ".join(said) or f"nothing new in {found.folder}"


def make_folder(workplace: Workplace, settings: InboxSettings) -> None:
    """Make the inbox of the home, so that a person finds it; an inbox that a person names is theirs to make."""
    if not settings.folder:
        filesystem, path = fsspec.core.url_to_fs(folder_of(workplace.path, settings))
        filesystem.makedirs(path, exist_ok=True)


def _request(taken: Taken) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=taken.key, run_config=scope_config(scenes=[taken.scene]), tags={"scene": taken.scene, **WAITED_FOR}
    )
