"""Tallies by month: counted anew, marked as stale, read, and kept in memory until they change."""
