"""Furniture and smaller things, one module a family; each builder is a function `(rng, style) -> Piece`."""
