"""Power cuts: a disk that remembers what was synced, the real desk on it, the count of what was lost.

`model` says what a disk holds at any moment, `mount` serves it by FUSE, `desk` is the desk's own server on it, `cuts`
taps, cuts and counts.
"""
