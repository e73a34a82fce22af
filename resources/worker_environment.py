"""Importing this limits the libraries of a process to one thread each: `compute.py` runs one process a core instead.

It must be imported before NumPy, Polars or OpenMP are loaded, because they read these variables once, when they load.
"""

import os

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}

os.environ.update(ONE_THREAD)
