"""The split of a scene is its own affair."""

from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.dataset.settings import DatasetSettings
from openspatial_assets.engine.dataset.splits import split_of_scenes

SCENES = st.lists(st.text("abcdefgh0123_", min_size=1, max_size=8), unique=True, max_size=20)


@given(SCENES, SCENES, st.floats(0, 1), st.integers(0, 5))
def test_other_scenes_do_not_matter(some, others, val_fraction, seed):
    settings = DatasetSettings(val_fraction=val_fraction, seed=seed, hold_out_one=False)
    few, many = split_of_scenes(some, settings), split_of_scenes([*others, *some], settings)
    assert all(many[scene] == split for scene, split in few.items())


@given(SCENES, st.floats(0.01, 0.99))
def test_two_or_more_scenes_fill_both_splits(scenes, val_fraction):
    splits = split_of_scenes(scenes, DatasetSettings(val_fraction=val_fraction))
    assert set(splits) == set(scenes)
    if len(scenes) >= 2:
        assert set(splits.values()) == {"train", "val"}


def test_share_of_scenes_is_near_the_fraction_and_the_draw_is_fixed():
    splits = split_of_scenes([f"room_{i}" for i in range(2000)], DatasetSettings(val_fraction=0.2))
    assert 0.17 < sum(split == "val" for split in splits.values()) / 2000 < 0.23
    # A split that changed between releases would validate models on what they were trained on.
    settings = DatasetSettings(val_fraction=0.5, hold_out_one=False)
    fixed = split_of_scenes(["room_0", "room_1", "room_2", "redkitchen"], settings)
    assert fixed == {"redkitchen": "train", "room_0": "train", "room_1": "val", "room_2": "val"}


def test_rescans_of_one_room_share_a_split():
    scenes = [f"scene{room:04d}_{scan:02d}" for room in range(60) for scan in range(3)]
    splits = split_of_scenes(scenes, DatasetSettings(val_fraction=0.5))
    rooms = {scene: splits[f"{scene[:9]}_00"] for scene in scenes}
    assert splits == rooms
    assert set(rooms.values()) == {"train", "val"}
    apart = split_of_scenes(scenes, DatasetSettings(val_fraction=0.5, location_pattern=""))
    assert apart != {scene: apart[f"{scene[:9]}_00"] for scene in scenes}
