"""Statistics: tallies recounted from responses, and indices with their uncertainty read from them.

Knows no web.
"""
