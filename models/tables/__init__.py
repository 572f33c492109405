"""The tables of both stores, a module for each subject."""
