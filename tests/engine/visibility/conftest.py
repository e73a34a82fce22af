"""The ray-cast corner of a room that the tests of this room share."""

import pytest

from tests.support.ray_cast_corner import Corner, furnished_corner


@pytest.fixture(scope="session")
def corner() -> Corner:
    return furnished_corner()
