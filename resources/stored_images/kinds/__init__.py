"""Kinds of references, one module each: `read(path, options)` gives the encoded image or its pixels."""
