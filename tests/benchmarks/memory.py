"""The memory of a worker process."""

import resource
import time

PAUSE_S = 0.05
"""Keeps a worker busy, so that the next call reaches another one."""


def peak_gb() -> float:
    """The largest resident set that this process has had, in GB."""
    time.sleep(PAUSE_S)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
