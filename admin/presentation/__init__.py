"""Presentation of figures: the words, charts and files that pages, papers and CSVs share.

Knows no web framework.
"""
