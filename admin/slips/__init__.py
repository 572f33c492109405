"""Slips at the centre: keys, proof, typed codes, spending, and limits on guessing. Knows no web."""
