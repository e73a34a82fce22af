"""Decoding a video, from a path or fsspec URL, frame by frame, upright as a player shows it.

What does not belong here: which frames are kept (`engine/reconstruction/keyframes.py`), and still images (`images.py`).
"""

from collections.abc import Iterator
from contextlib import ExitStack

import cv2
import fsspec
import numpy as np
from numpy.typing import NDArray

from resources.images import MAX_PIXELS
from resources.reconstructor import ReconstructionError

MAX_FRAMES = 1_000_000
"""Nine hours at 30 frames a second. A file that claims or holds more is refused, not decoded for days."""

JPEG_QUALITY = 95


def frames_of(path: str, max_side: int, scene: str) -> Iterator[tuple[int, float, NDArray[np.uint8]]]:
    """(number from 0, seconds from the first frame, RGB `(h, w, 3)`) of each frame of a video's first picture stream.

    Rotation metadata is applied; pixels are square; frames of more than `max_side` are shrunk. A frame that a broken
    stream does not give is skipped, as is one of another size than the first, and everything after a cut-off end.

    Args:
        scene: how messages begin, such as `scene kitchen: kitchen.mp4`.

    Raises:
        ReconstructionError: the file is missing, is no video, holds no decodable picture, or is absurdly large.
    """
    import av

    av.logging.set_level(av.logging.PANIC)  # FFmpeg's remarks on broken streams; what matters is raised
    given = 0
    with ExitStack() as stack:
        container = _opened(path, scene, stack)
        if not container.streams.video:
            raise ReconstructionError(f"{scene}: holds no video stream (sound only?); put a video there")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        _refuse_absurd(stream.codec_context.width * stream.codec_context.height, stream.frames, scene)
        first: float | None = None
        shape: tuple[int, ...] | None = None
        number = -1
        for frame in _decoded(container, stream):
            number += 1
            _refuse_absurd(frame.width * frame.height, number, scene)
            seconds = frame.time if frame.time is not None else number / float(stream.average_rate or 30)
            first = seconds if first is None else first
            picture = _picture(frame, stream, max_side)
            shape = shape or picture.shape
            if picture.shape == shape:
                given += 1
                yield number, float(seconds - first), picture
    if not given:
        raise ReconstructionError(
            f"{scene}: no picture can be decoded: the file is truncated, broken, or in a codec that FFmpeg lacks; "
            "copy it again, or convert it to H.264 (MP4)"
        )


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """A JPEG of RGB `(h, w, 3)`."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()


def _opened(path: str, scene: str, stack: ExitStack):
    import av

    try:
        source = stack.enter_context(fsspec.open(path, "rb")) if "://" in path else path
        return stack.enter_context(av.open(source))
    except FileNotFoundError:
        raise ReconstructionError(f"{scene}: the file is missing; put it back, or register where it is now") from None
    except (av.FFmpegError, EOFError) as error:
        if isinstance(error, OSError) and not isinstance(error, av.InvalidDataError) and error.errno in _ACCESS:
            raise ReconstructionError(f"{scene}: cannot be read ({error.strerror})") from None
        raise ReconstructionError(
            f"{scene}: is no video that FFmpeg can open (empty, truncated, or another kind of file); copy it again, or "
            "convert it to H.264 (MP4)"
        ) from None
    except OSError as error:
        raise ReconstructionError(f"{scene}: cannot be read ({error.strerror or error})") from None


_ACCESS = (1, 5, 13, 21)
"""EPERM, EIO, EACCES, EISDIR: the file is there, but cannot be read."""


def _decoded(container, stream) -> Iterator:
    """The frames of a stream; broken packets are skipped."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            yield from packet.decode()
        except StopIteration:
            return
        except av.InvalidDataError:
            continue
        except (av.FFmpegError, EOFError):
            return


def _refuse_absurd(pixels: int, frames: int, scene: str) -> None:
    if pixels > MAX_PIXELS:
        raise ReconstructionError(
            f"{scene}: its pictures have {pixels} pixels, more than {MAX_PIXELS}; shrink the video"
        )
    if frames > MAX_FRAMES:
        raise ReconstructionError(f"{scene}: has more than {MAX_FRAMES} frames; cut it into shorter videos")


def _picture(frame, stream, max_side: int) -> NDArray[np.uint8]:
    """RGB, square pixels, upright, `max_side` at most."""
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = frame.width * max(aspect, 1.0), frame.height * max(1.0 / aspect, 1.0)
    scale = min(1.0, max_side / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Area interpolation: shrinking by others makes false texture, which then moves.
    image = frame.to_ndarray(format="rgb24")
    if (image.shape[1], image.shape[0]) != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
