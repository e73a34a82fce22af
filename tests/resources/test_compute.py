import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resources.compute import TaskError, WorkerPool


def noise(seed: int) -> np.ndarray:
    time.sleep(0.02 * (seed % 3))
    return np.random.default_rng(seed).normal(size=4)


def fail_at_three(number: int) -> int:
    if number == 3:
        raise RuntimeError("frame 3 is broken")
    return number * number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die_once(number: int, marker: str) -> int:
    if number == 2 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def threads() -> tuple[str, int, int]:
    import cv2

    total = pl.DataFrame({"a": [1, 1, 2]}).group_by("a").len()["len"].sum()
    assert total == 3
    return os.environ["OMP_NUM_THREADS"], pl.thread_pool_size(), cv2.getNumThreads()


def cannot_be_pickled() -> object:
    return lambda: None


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, preload=("cv2", "polars")) as pool:
        yield pool


def test_results_are_the_same_and_in_order_for_any_number_of_workers(pool):
    tasks = [(f"task_{seed}", (seed,)) for seed in range(12)]
    in_process, in_pool = list(WorkerPool(1).run(noise, tasks)), list(pool.run(noise, iter(tasks)))
    assert [key for key, _ in in_pool] == [key for key, _ in in_process] == [key for key, _ in tasks]
    assert all((a == b).all() for (_, a), (_, b) in zip(in_process, in_pool, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_is_reported_on_its_task_alone(pool, workers):
    chosen = pool if workers == 2 else WorkerPool(1)
    results = dict(chosen.run(fail_at_three, ((n, (n,)) for n in range(10))))
    error = results.pop(3)
    assert results == {n: n * n for n in range(10) if n != 3}
    assert str(error) == "RuntimeError: frame 3 is broken"
    assert "fail_at_three" in error.traceback
    assert error.kind != "WorkerDied"


def test_a_dying_worker_is_reported_on_its_task_and_the_rest_goes_on(pool):
    results = dict(pool.run(die_at_three, ((n, (n,)) for n in range(20))))
    error = results.pop(3)
    assert results == {n: n * n for n in range(20) if n != 3}
    assert isinstance(error, TaskError)
    assert error.kind == "WorkerDied"
    assert "3" in error.message
    assert dict(pool.run(fail_at_three, [(5, (5,))])) == {5: 25}


def test_a_worker_killed_once_costs_no_result(pool, tmp_path):
    tasks = [(n, (n, str(tmp_path / "died"))) for n in range(8)]
    assert list(pool.run(die_once, tasks)) == [(n, n) for n in range(8)]


def test_a_result_that_cannot_be_pickled_is_an_error_of_its_task(pool):
    results = dict(pool.run(cannot_be_pickled, [("lambda", ())]))
    assert isinstance(results["lambda"], TaskError)


def test_tasks_are_taken_as_they_are_needed_and_the_rest_is_left(pool):
    taken = []

    def tasks():
        for number in range(1000):
            taken.append(number)
            yield number, (number,)

    run = pool.run(fail_at_three, tasks())
    assert next(run) == (0, 0)
    run.close()
    assert len(taken) < 20


def test_workers_use_one_thread(pool):
    assert dict(pool.run(threads, [("threads", ())])) == {"threads": ("1", 1, 1)}


def test_no_worker_outlives_a_killed_process(tmp_path):
    script = (
        "import os, sys, time\n"
        "from resources.compute import WorkerPool\n"
        "def main():\n"
        "    pids = [pid for _, pid in WorkerPool(2, preload=()).run(os.getpid, [(n, ()) for n in range(4)])]\n"
        "    print(*sorted(set(pids)), flush=True)\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    (tmp_path / "parent.py").write_text(script)
    with subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    deadline = time.monotonic() + 10
    while any(map(_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers
    assert not any(map(_alive, workers))


def test_workers_do_not_import_the_program(tmp_path):
    script = (
        "import os, sys\n"
        "print('imported', flush=True)\n"
        "from resources.compute import WorkerPool\n"
        "def own():\n"
        "    pass\n"
        "if __name__ == '__main__':\n"
        "    print(*[result for _, result in WorkerPool(2, preload=()).run(os.getcwd, [(0, ())])])\n"
        "    try:\n"
        "        next(WorkerPool(2, preload=()).run(own, [(0, ())]))\n"
        "    except ValueError:\n"
        "        print('refused')\n"
    )
    (tmp_path / "program.py").write_text(script)
    command = [sys.executable, tmp_path / "program.py"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
    assert printed == ["imported", str(tmp_path), "refused"]


def test_no_worker_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        WorkerPool(0)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
