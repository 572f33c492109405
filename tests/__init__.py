"""The tests, which mirror the packages; each tests one part for real.

Nothing of ours is replaced by a stand-in.
"""
