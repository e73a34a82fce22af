"""Where per-scene work runs: a pool of processes that outlives a failed task and a killed worker.

What does not belong here: what is computed (pure functions, given by the caller) and Dagster.
"""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import Any

TASKS_AHEAD = 3
"""Tasks in flight for each worker: enough that none waits for the next, few enough that results do not pile up."""

DIED = "WorkerDied"


@dataclass(frozen=True)
class TaskError:
    """What a task gave instead of a result.

    Attributes:
        kind: name of the exception's class; `WorkerDied` if the process ended without one.
        message: the exception's text.
        traceback: where it was raised, as Python prints it; empty if the process died.
    """

    kind: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass
class _Task:
    """A task in flight. One without a future was in flight when a worker died, and is tried once more, alone."""

    key: Any
    args: tuple
    future: Future | None


class WorkerPool:
    """Processes that run pure functions; they start on first use and are kept for the next `run`.

    Workers come from a fork server, so neither threads nor open files of this process reach them. Each uses one thread,
    and ends when this process ends, however it ends. One `run` at a time.

    Args:
        workers: number of processes; None for one a core that this process may use. With 1, tasks run in this process.
        preload: modules to import once, in the fork server, instead of in each worker. The fork server is one for all
            pools of a process: the modules of the first pool count.
    """

    def __init__(
        self, workers: int | None = None, preload: Sequence[str] = ("cv2", "polars", "openspatial_assets.assets")
    ) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers={workers}: at least one is needed; leave it out for one a core")
        self.workers = workers or len(os.sched_getaffinity(0))
        self._preload = ["resources.worker_environment", *preload]
        self._executor: ProcessPoolExecutor | None = None

    def run(self, function: Callable[..., Any], tasks: Iterable[tuple[Any, tuple]]) -> Iterator[tuple[Any, Any]]:
        """`(key, function(*args))` for each task `(key, args)`, in the order of the tasks, for any number of workers.

        A task that raises gives a `TaskError` in place of its result. When a worker dies (killed for want of memory, a
        crash in a library), the tasks in flight are run again one at a time; the one whose worker dies again gives a
        `TaskError`. Tasks are taken, and results held, only `TASKS_AHEAD` a worker at a time.

        Args:
            function: at the level of a module that can be imported; arguments and result can be pickled.
            tasks: may be a generator.

        Raises:
            ValueError: the function is defined in the program itself (`__main__`), which workers do not import.
        """
        if getattr(function, "__module__", None) == "__main__":
            raise ValueError(f"{function.__name__} is defined in the program itself; move it to a module for workers")
        if self.workers == 1:
            yield from ((key, _attempt(function, args)) for key, args in tasks)
            return
        waiting, in_flight = iter(tasks), deque[_Task]()
        try:
            while True:
                if all(task.future for task in in_flight):
                    room = self.workers * TASKS_AHEAD - len(in_flight)
                    for key, args in islice(waiting, room):
                        in_flight.append(_Task(key, args, self._submit(function, args)))
                if not in_flight:
                    return
                task = in_flight[0]
                result = self._run_alone(function, task) if task.future is None else self._result(task.future)
                if result is not None:
                    in_flight.popleft()
                    yield task.key, result[0]
                    continue
                self._discard_executor()
                for other in in_flight:
                    if other.future and (not other.future.done() or _broken(other.future)):
                        other.future = None
        finally:
            for task in in_flight:
                if task.future:
                    task.future.cancel()

    def close(self) -> None:
        """End the workers, after the tasks that they are in. The pool can be used again."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _submit(self, function: Callable, args: tuple) -> Future:
        if self._executor is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(self._preload)
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin_worker)
        try:
            with _main_module_hidden():
                return self._executor.submit(_attempt, function, args)
        except BrokenExecutor:  # a worker was killed since the last task
            self._discard_executor()
            return self._submit(function, args)

    def _discard_executor(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _run_alone(self, function: Callable, task: _Task) -> tuple[Any]:
        """The task's result while nothing else is in flight, so that a death is this task's own."""
        result = self._result(self._submit(function, task.args))
        if result is not None:
            return result
        self._discard_executor()
        message = f"the process that worked on {task.key} was killed, twice (out of memory, or a crash in a library)"
        return (TaskError(DIED, message),)

    @staticmethod
    def _result(future: Future) -> tuple[Any] | None:
        """The result in a tuple; None if a worker died while the task was in flight."""
        try:
            return (future.result(),)
        except BrokenExecutor:
            return None
        except Exception as error:  # arguments or result that cannot be pickled
            return (_task_error(error),)


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Keep workers that start now from importing the program that runs here.

    multiprocessing imports it in each of them, in case a task is defined there. Here the program is a command line that
    loads Dagster, which takes each worker seconds and memory for nothing.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _broken(future: Future) -> bool:
    return future.cancelled() or isinstance(future.exception(), BrokenExecutor)


def _attempt(function: Callable, args: tuple) -> Any:
    """The function's result, or a `TaskError` of what it raised."""
    try:
        return function(*args)
    except Exception as error:
        return _task_error(error)


def _task_error(error: Exception) -> TaskError:
    return TaskError(type(error).__name__, str(error), "".join(traceback.format_exception(error)))


def _begin_worker() -> None:
    """Set up a worker process before its first task."""
    import resources.worker_environment  # noqa: F401  (again: the fork server may be older than this pool)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import cv2

    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """End this worker when its parent is gone, also after a SIGKILL; it would wait for tasks for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)
