"""The frames of a `.sens` container, as references into it: nothing is unpacked.

What does not belong here: the container's format (`sens.py`), and the frames' world.
"""

from pathlib import Path
from typing import Any

from resources.sources.folders import pinhole
from resources.sources.layouts.scannet.frame_list import NumberedFrame, spaced
from resources.sources.layouts.scannet.sens import SensError, SensFile, read_sens
from resources.sources.registration import Registration, SourceError
from resources.stored_images import reference


def opened(registration: Registration, path: Path) -> tuple[SensFile, dict[str, Any]]:
    """The container, and the fields of `FrameEntry` that all of its frames share.

    Raises:
        SourceError: it is missing or broken, stores images in a form that is not supported, or has wrong intrinsics.
    """
    try:
        sens = read_sens(path)
        color, depth = pinhole(sens.color_intrinsics), pinhole(sens.depth_intrinsics)
    except SensError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: {error}", path) from None
    except ValueError as error:
        raise SourceError(f"scene {registration.scene_id}: {path}: intrinsics in its header: {error}", path) from None
    return sens, {"intrinsics": color, "depth_intrinsics": depth, "depth_scale": sens.depth_scale}


def contained_frames(path: Path, sens: SensFile, every: int) -> list[NumberedFrame]:
    """One frame in `every`; those behind the end of a truncated file, or without an image, with their problem."""
    whole, scene = len(sens.offsets), path.parent.name
    frames = []
    for number in spaced(range(sens.frames), every):
        if number >= whole:
            frames.append(NumberedFrame(number, problem=f"{scene}/{path.name}: {sens.fault}"))
        elif not sens.sizes[number].all():
            lacks = "colour" if not sens.sizes[number, 0] else "depth"
            frames.append(NumberedFrame(number, problem=f"{scene}/{path.name}: frame {number} has no {lacks} image"))
        else:
            place = f"{scene}/{path.name}: frame {number}"
            frames.append(NumberedFrame(number, _blobs(path, sens, number), sens.scan_from_camera[number], place))
    return frames


def _blobs(path: Path, sens: SensFile, number: int) -> dict[str, str]:
    """References to both images of a frame."""
    (color_at, depth_at), (color_bytes, depth_bytes) = sens.offsets[number].tolist(), sens.sizes[number].tolist()
    width, height = sens.depth_size
    pixels = {"width": width, "height": height, "type": "u2", "codec": sens.depth_coding}
    return {
        "image": reference(str(path), "blob", offset=color_at, size=color_bytes),
        "depth": reference(str(path), "blob", offset=depth_at, size=depth_bytes, **pixels),
    }
