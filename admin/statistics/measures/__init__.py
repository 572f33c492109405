"""Measures: exact indices with intervals, periods, populations, and thresholds. Pure."""
