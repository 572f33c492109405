"""A slip's life at the centre: its keys, proof, typed code and the limits on guessing. Knows no web."""
