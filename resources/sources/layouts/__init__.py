"""Dataset layouts, one module or package each, found by name. What each of them has: `resources/sources/source.py`."""
