"""Fixtures of the automation's tests: an inbox in a home of its own, and ticks of the real sensor."""

import dagster as dg
import pytest

from openspatial_assets.automation.inbox_sensor import inbox


class Ticks:
    """Ticks of the sensor as Dagster makes them: the cursor is kept, and what a tick asks for is done."""

    def __init__(self, workplace, instance, monkeypatch) -> None:
        self.workplace, self.instance, self.cursor, self.clock = workplace, instance, None, 1e9
        monkeypatch.setattr("openspatial_assets.automation.inbox_sensor.time.time", lambda: self.clock)

    def __call__(self, seconds: float = 60.0) -> dg.SensorResult:
        """One tick, so many seconds after the last."""
        self.clock += seconds
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"workplace": self.workplace}
        )
        result = inbox(context)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests:
            assert not [key for key in request.partition_keys if self.instance.has_dynamic_partition("scene", key)]
            self.instance.add_dynamic_partitions("scene", request.partition_keys)
        return result

    def scenes(self) -> list[str]:
        """The scenes that the last of enough ticks asked runs for, in all."""
        asked = [scene_of(request) for _ in range(3) for request in self().run_requests]
        assert sorted(asked) == sorted(set(asked))
        return asked


def scene_of(request: dg.RunRequest) -> str:
    return request.run_config["ops"]["materialise_what_changed"]["config"]["scenes"][0]


@pytest.fixture
def tick(workplace, instance, monkeypatch) -> Ticks:
    return Ticks(workplace, instance, monkeypatch)
