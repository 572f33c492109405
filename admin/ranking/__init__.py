"""Agencies of one kind side by side: each with the range its rank may lie in, never a bare rank."""
