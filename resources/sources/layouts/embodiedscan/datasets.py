"""The four datasets whose images EmbodiedScan annotates: where they are had, where they lie, and how depth is stored.

What does not belong here: EmbodiedScan's own file (`index.py`), and single images (`images.py`).
"""

from dataclasses import dataclass

OWN_PAGE = "https://github.com/OpenRobotLab/EmbodiedScan"

ANNOTATION_LICENSE = "EmbodiedScan annotations, CC BY-NC-SA 4.0"


@dataclass(frozen=True)
class Dataset:
    """A dataset beneath.

    Attributes:
        folder: its name in paths, and the first part of a `sample_idx`.
        title: as its owners write it.
        page: where it is to be had.
        license: of its images.
        depth_scale: stored depth values a metre.
        advice: what a scene of it needs before it can be read.
        sideways: whether images are stored as the sensor lies, whichever way the device was held.
    """

    folder: str
    title: str
    page: str
    license: str
    depth_scale: float
    advice: str
    sideways: bool = False


_ALL = (
    Dataset(
        "scannet",
        "ScanNet",
        "http://www.scan-net.org/",
        "ScanNet Terms of Use (non-commercial research)",
        1000.0,
        "export its images with EmbodiedScan's converter generate_image_scannet.py",
    ),
    Dataset(
        "3rscan",
        "3RScan",
        "https://waldjohannau.github.io/RIO/",
        "3RScan Terms of Use (non-commercial research)",
        1000.0,
        "download sequence.zip of the scan; it need not be unpacked",
        sideways=True,
    ),
    Dataset(
        "matterport3d",
        "Matterport3D",
        "https://niessner.github.io/Matterport/",
        "Matterport3D Terms of Use (non-commercial research)",
        4000.0,
        "download and unpack the building's images",
    ),
    Dataset(
        "arkitscenes",
        "ARKitScenes",
        "https://github.com/apple/ARKitScenes",
        "ARKitScenes licence, CC BY-NC-SA 4.0",
        1000.0,
        "download the capture of the part 3dod; the folder has Training/ and Validation/ in it",
        sideways=True,
    ),
)

DATASETS = {dataset.folder: dataset for dataset in _ALL}


def dataset_of(sample: str) -> Dataset | None:
    """The dataset of a `sample_idx` such as `scannet/scene0000_00`; None if it is another one."""
    return DATASETS.get(sample.partition("/")[0])
