"""Measures: exact indices with their intervals, the periods they cover, and how small a number may be shown. Pure."""
