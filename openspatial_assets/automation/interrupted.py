"""Runs whose process was killed: known as such, marked as failed, and their concurrency slots freed.

What belongs here: telling the runs of living processes from those of dead ones. What does not: what a killed run left
in the lake (nothing broken: see `resources/lake.py`).

A killed process reports nothing, so Dagster would show its runs as running for ever, count them against the limit of
runs at once, and keep their slots of concurrency pools. Therefore each process that launches runs holds a lock on a
file of its own beside Dagster's database, and its runs name that file in a tag. The operating system lets go of the
lock when the process ends, however it ends: who can take it knows that the runs are dead.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

LAUNCH_TAG = "openspatial/launch"
"""Tag of a run: the name of the file that its process holds a lock on."""
FOLDER = "launches"
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
KILLED = "The process of this run ended without a word: it was killed, or the machine went down. Launch the run again."


@contextmanager
def launching_process(instance: dg.DagsterInstance) -> Iterator[Mapping[str, str]]:
    """Hold a lock for as long as runs are launched; gives the tags that these runs must have.

    An instance in memory ends with its process: it needs no lock, and its runs no tag.
    """
    if instance.is_ephemeral:
        yield {}
        return
    path = _folder(instance) / f"{uuid.uuid4().hex}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".new"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(lock.name, path)  # Only now, so that nobody finds the file before it is locked.
        try:
            yield {LAUNCH_TAG: path.name}
        finally:
            path.unlink(missing_ok=True)


def mend(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs of killed processes as failed and free their slots; what was done, in lines.

    Runs of processes on other machines have no file here, and are left alone.
    """
    if instance.is_ephemeral or not _folder(instance).is_dir():
        return []
    dead = [path for path in sorted(_folder(instance).glob("*.lock")) if _is_free(path)]
    lines = []
    for path in dead:
        for run in instance.get_runs(dg.RunsFilter(tags={LAUNCH_TAG: path.name})):
            if run.status in UNFINISHED:
                instance.report_run_failed(run, KILLED)
                lines.append(f"run {run.run_id[:8]} was killed: marked as failed")
            if instance.event_log_storage.supports_global_concurrency_limits:
                instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        path.unlink(missing_ok=True)
    return lines


def _folder(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory) / FOLDER


def _is_free(path: Path) -> bool:
    """Whether no process holds the lock of a file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
