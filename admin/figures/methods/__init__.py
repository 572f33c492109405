"""Named methods by which an index is made from counts."""
