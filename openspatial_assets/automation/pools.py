"""Concurrency pools: how many steps of all runs may use a graphics card, or ask Gemini, at the same time.

What belongs here: the pools' names and first limits, and waiting for a slot. What does not: which stage takes a slot of
which pool (`pool` of its recipe).

Limits are kept in Dagster's database, are enforced for each step, and are changed in the web UI (Deployment,
Concurrency); `LIMITS` holds until somebody does. A pool limits the processes of one Dagster instance, whoever launched
their runs: the web UI, a schedule, or the command line. No step holds a slot while it waits for another, so nothing can
lock up.
"""

import time
from functools import wraps

import dagster as dg
from dagster._core.execution.plan.active import ActiveExecution

LIMITS = {"gpu": 1, "gemini": 2}
"""Steps at once: two on one graphics card overflow its memory; of two that ask Gemini, one can wait for an answer."""
LOOK_AGAIN_S = 0.25
"""Sleep of a run that waits for a slot. Dagster asks its database after 1 s, and then less and less often."""


def set_limits(instance: dg.DagsterInstance) -> None:
    """Give each pool its first limit; one that has a limit already keeps it."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    known = {pool.name for pool in storage.get_pool_limits()}
    for pool in LIMITS.keys() - known:
        storage.set_concurrency_slots(pool, LIMITS[pool])


def wait_without_work() -> None:
    """Let runs that wait for a slot sleep.

    Dagster 1.13 means to sleep until the next look for a slot, but takes `min(0, seconds)` for how long
    (`InstanceConcurrencyContext.interval_to_next_pending_claim_check`), and so keeps a whole core busy, which whoever
    holds the slot could use.
    """
    dagsters_own = ActiveExecution.sleep_til_ready
    if hasattr(dagsters_own, "__wrapped__"):
        return

    @wraps(dagsters_own)
    def sleep_til_ready(self: ActiveExecution) -> None:
        waits = self._instance_concurrency_context
        if waits and waits.has_pending_claims():
            time.sleep(LOOK_AGAIN_S)
        else:
            dagsters_own(self)

    ActiveExecution.sleep_til_ready = sleep_til_ready
