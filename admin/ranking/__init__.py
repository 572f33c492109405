"""Ranking of the agencies of one kind: each with the range its rank may lie in, never a bare rank."""
