"""The tests mirror the packages; each tests one part for real, nothing of ours is replaced by a stand-in."""
