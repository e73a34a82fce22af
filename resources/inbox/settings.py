"""Settings of the section `[inbox]`.

What does not belong here: what a look at the inbox does (the package's other modules).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class InboxSettings:
    """Where videos are dropped, and how many are taken at a time.

    Attributes:
        folder: a folder or fsspec URL, looked through with all folders in it; empty for `<home>/inbox`.
        license: licence of videos without a side file that names one.
        suffixes: of files that are taken for videos.
        stable_s: a file is complete once it has not changed for so many seconds.
        files_a_tick: new videos that one look takes.
        bytes_a_tick: one look reads no further new video once it has read so much: a look must end within a minute.
        max_file_bytes: a larger video is left for a person to register.
    """

    folder: str = ""
    license: str = ""
    suffixes: tuple[str, ...] = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
    stable_s: float = 20.0
    files_a_tick: int = 20
    bytes_a_tick: int = 2 << 30
    max_file_bytes: int = 4 << 30

    def __post_init__(self) -> None:
        """Raise `ValueError` for what cannot be."""
        if not self.suffixes or any(not suffix.startswith(".") for suffix in self.suffixes):
            raise ValueError(f"inbox.suffixes={self.suffixes} must be suffixes that begin with a dot, such as .mp4")
        for name in ("files_a_tick", "bytes_a_tick", "max_file_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"inbox.{name}={getattr(self, name)} must be at least 1")
        if self.stable_s < 0:
            raise ValueError(f"inbox.stable_s={self.stable_s} must not be negative")
