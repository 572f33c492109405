"""Mutants: one small fault at a time in the rules, and whether a test of their room goes red."""
