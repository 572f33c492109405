"""Power cuts: a file system that remembers what was synced, the real desk on it, and the count of what was lost.

`model` says what a disk holds at any moment, `mount` serves it by FUSE, `desk` is the desk's own server on it, `cuts`
taps, cuts and counts.
"""
