"""A frame of a video, by its number in the order in which a player shows them.

Option: `frame`, from 0. Frame k is the one with the k-th smallest presentation time. The container stores this time
with each packet, so all of them are listed once for a file and process, without decoding (`index_of`); a decoded frame
is the right one if it has exactly that time. Number / frame rate would miss frames where times are rounded or the rate
changes, and counting packets fails because a coder stores frames in the order of decoding.

The position after the last frame is kept: reading forward decodes what lies between; else decoding begins at the
keyframe before. Pixels are given as they are stored: rotation metadata is ignored, because intrinsics hold for them.

What does not belong here: videos whose frames are chosen by what they show (`resources/video.py`).
"""

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.stored_images.plain import ImageError, check_size

OPEN_VIDEOS = 4

MAX_FRAMES = 1_000_000
"""Over four hours at 60 frames a second; a file that holds more is no capture of a room."""


@dataclass(frozen=True)
class VideoIndex:
    """What a video's packets say.

    Attributes:
        width, height: pixels.
        times: presentation time of each frame, ascending, in the stream's own unit.
        keyframes: presentation times of the frames that decoding can begin at, ascending.
    """

    width: int
    height: int
    times: tuple[int, ...]
    keyframes: tuple[int, ...]


def read(path: str, options: Mapping[str, str]) -> NDArray[np.uint8]:
    """RGB `(h, w, 3)` of the frame."""
    return _opened(path, *_version(path), os.getpid()).picture(int(options["frame"]))


def index_of(path: str) -> VideoIndex:
    """The frames of a video; the file is read once, and not decoded.

    Raises:
        ImageError: the file is missing, or is no video whose frames have times.
    """
    return _indexed(path, *_version(path))


class _Video:
    """An open video, and which frame of it was decoded last."""

    def __init__(self, path: str, index: VideoIndex) -> None:
        self._path, self._index = path, index
        self._lock = threading.Lock()
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        self._number, self._picture = -1, None

    def picture(self, number: int) -> NDArray[np.uint8]:
        """RGB of a frame.

        Raises:
            ImageError: there is no such frame, or it cannot be decoded.
        """
        times = self._index.times
        if not 0 <= number < len(times):
            raise ImageError(f"{self._path}: holds {len(times)} frames, and so none of number {number}")
        with self._lock:
            if number != self._number or self._picture is None:
                self._go_to(number)
                frame = self._decoded(times[number])
                self._number, self._picture = number, frame and frame.to_ndarray(format="rgb24")
            if self._picture is None:
                raise ImageError(f"{self._path}: frame {number} cannot be decoded; the file is broken there")
            return self._picture.copy()

    def _go_to(self, number: int) -> None:
        """Have decoding go on from a place before the frame: from where it is, or from the keyframe before."""
        time, keyframes = self._index.times[number], self._index.keyframes
        before = bisect_right(keyframes, time) - 1
        start = keyframes[before] if before >= 0 else None
        here = self._index.times[self._number] if self._picture is not None else None
        if here is not None and here < time and (start is None or start <= here):
            return
        if start is None or not self._seek(start, time):
            self._seek(None, time)

    def _seek(self, place: int | None, time: int) -> bool:
        """Go to the keyframe at `place`, or to the beginning; whether the frame at `time` can be reached from there.

        A container without an index of its keyframes may lead to a later one.
        """
        import av

        if self._container is None or place is None:
            self._container = _container(self._path)
            self._container.streams.video[0].codec_context.thread_count = 1  # many processes read frames at a time
        stream = self._container.streams.video[0]
        try:
            if place is not None:
                self._container.seek(place, stream=stream)
            packets = self._container.demux(stream)
            first = next(packets)
        except (av.FFmpegError, StopIteration):
            self._container = None
            return False
        self._frames = _frames(chain([first], packets))
        return first.pts is not None and first.pts <= time

    def _decoded(self, time: int) -> Any | None:
        """The frame of exactly this time, if it comes."""
        for frame in self._frames:
            if frame.pts is not None and frame.pts >= time:
                return frame if frame.pts == time and not frame.is_corrupt else None
        return None


def _version(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        raise ImageError(f"{path}: the file is missing") from None
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=OPEN_VIDEOS)
def _opened(path: str, size: int, modified: int, process: int) -> _Video:
    """The video of a file. Size and time of change make a file that was replaced another one; processes share none."""
    return _Video(path, _indexed(path, size, modified))


@lru_cache(maxsize=OPEN_VIDEOS)
def _indexed(path: str, size: int, modified: int) -> VideoIndex:
    times, keyframes = [], []
    with _container(path) as container:
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        for packet in _packets(container, stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None or len(times) >= MAX_FRAMES:
                raise ImageError(f"{path}: its frames have no times, or are too many; convert it to MP4 or MKV")
            times.append(packet.pts)
            if packet.is_keyframe:
                keyframes.append(packet.pts)
    check_size(path, width, height)
    if not times or len(set(times)) < len(times):
        raise ImageError(f"{path}: holds no frames, or several of one time; it may be truncated or broken")
    return VideoIndex(width, height, tuple(sorted(times)), tuple(sorted(keyframes)))


def _container(path: str) -> Any:
    """The open container, which has a video stream."""
    import av

    av.logging.set_level(av.logging.PANIC)  # FFmpeg's remarks on broken streams; what matters is raised
    try:
        container = av.open(path)
    except (av.FFmpegError, OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path}: is no video that can be opened ({reason}); download it again") from None
    if not container.streams.video:
        container.close()
        raise ImageError(f"{path}: holds no video stream")
    return container


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of a stream, to where the file ends or is cut off."""
    from av import FFmpegError

    demuxed = container.demux(stream)
    while True:
        try:
            packet = next(demuxed)
        except (StopIteration, FFmpegError, EOFError):
            return
        # Outside of the `try`: a generator that the interpreter throws away at its end must not look up classes.
        yield packet


def _frames(packets: Iterator[Any]) -> Iterator[Any]:
    """The decoded frames; packets that cannot be decoded are skipped."""
    from av import FFmpegError, InvalidDataError

    for packet in packets:
        try:
            decoded = packet.decode()
        except InvalidDataError:
            continue
        except (FFmpegError, EOFError):
            return
        yield from decoded
