"""Figures: tallies recounted from responses, indices with their uncertainty read from tallies. Knows no web."""
