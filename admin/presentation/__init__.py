"""Figures in words, drawings and files: what pages, papers and CSVs share. Knows no web framework."""
