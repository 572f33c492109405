"""The desk's own store: state, reference data, ledger, practice, and what is served just now.

Knows no web.
"""
