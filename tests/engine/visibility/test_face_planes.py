"""Entry and exit of each pixel's ray, against Open3D's intersections with the box's mesh."""

import numpy as np
import open3d as o3d
import pytest
from conftest import camera_at

from openspatial_assets.engine.geometry.boxes import FACES, Boxes
from openspatial_assets.engine.visibility.face_planes import LARGEST_INVERSE, face_planes, inverse_interval
from openspatial_assets.engine.visibility.frustum import Views
from openspatial_assets.engine.visibility.settings import VisibilitySettings
