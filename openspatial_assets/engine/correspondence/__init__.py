"""Which pixels of two views show the same point of the world, and which other points could be mistaken for it."""
