"""The disk under the power cuts, which keeps what was synced and can lose the rest; and the verdict.

The verdict can fail.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bench.powercut.citizens import STEPS, CitizenRecord
from bench.powercut.cuts import ALL_STEPS, SETTINGS, Count, find_aimed_step, judge_counts
from bench.powercut.model import ALL, EXT4, NONE, POSIX, RANDOM, Disk, Write

KINDS = (NONE, RANDOM, ALL)


def grown(disk: Disk, name: str, data: bytes) -> None:
    file = disk.names[name]
    file.change(Write(len(file.live), data))


def test_what_was_synced_is_in_every_image() -> None:
    disk = Disk({"a": b"one"})
    grown(disk, "a", b" two")
    disk.sync(disk.names["a"])
    for kind in KINDS:
        for law in (POSIX, EXT4):
            assert disk.after_cut(kind, law, 1) == {"a": b"one two"}


def test_what_was_not_synced_can_be_lost_and_torn() -> None:
    disk = Disk({"a": b""})
    for turn in range(40):
        grown(disk, "a", bytes([turn]) * 700)
    whole = bytes(disk.names["a"].live)
    assert disk.after_cut(NONE, POSIX, 1) == {"a": b""}
    assert disk.after_cut(ALL, POSIX, 1) == {"a": whole}
    torn = disk.after_cut(RANDOM, POSIX, 1)["a"]
    assert torn == disk.after_cut(RANDOM, POSIX, 1)["a"] and torn != disk.after_cut(RANDOM, POSIX, 2)["a"]
    assert b"" < torn.strip(b"\0") and torn != whole[: len(torn)]


def test_a_sync_of_the_file_keeps_its_name_only_under_ext4() -> None:
    disk = Disk({})
    disk.create("a", 0o600)
    grown(disk, "a", b"text")
    disk.sync(disk.names["a"])
    assert disk.after_cut(NONE, EXT4, 1) == {"a": b"text"}
    assert disk.after_cut(NONE, POSIX, 1) == {}
    disk.sync_folder()
    assert disk.after_cut(NONE, POSIX, 1) == {"a": b"text"}


def test_names_are_settled_in_their_order() -> None:
    disk = Disk({"a": b"old"})
    disk.unlink("a")
    disk.create("a", 0o600)
    grown(disk, "a", b"new")
    disk.sync(disk.names["a"])
    disk.sync_folder()
    assert all(disk.after_cut(kind, POSIX, 1) == {"a": b"new"} for kind in KINDS)
    disk.rename("a", "b")
    assert disk.after_cut(ALL, EXT4, 1) == {"b": b"new"}
    assert disk.after_cut(NONE, EXT4, 1) == {"a": b"new"}


def test_a_shorter_file_is_longer_again_with_zeros() -> None:
    disk = Disk({"a": b"abcdef"})
    disk.names["a"].change(Write(2, None))
    disk.names["a"].change(Write(4, b"x"))
    assert disk.after_cut(ALL, POSIX, 1) == {"a": b"ab\0\0x"}
    assert disk.after_cut(NONE, POSIX, 1) == {"a": b"abcdef"}


def counted(**lost: int) -> dict[tuple[str, str], Count]:
    return {
        (setting, kind): Count(cuts=2, acknowledged=9, lost=0 if kind == ALL else lost[setting])
        for setting in SETTINGS
        for kind in KINDS
    }


@pytest.mark.parametrize(
    ("lost", "proved"),
    [
        ({"FULL": 0, "NORMAL": 3, "OFF": 9}, True),
        ({"FULL": 1, "NORMAL": 3, "OFF": 9}, False),
        ({"FULL": 0, "NORMAL": 0, "OFF": 9}, False),
        ({"FULL": 0, "NORMAL": 3, "OFF": 0}, False),
    ],
)
def test_the_verdict_needs_the_controls_to_lose(lost: dict[str, int], proved: bool) -> None:
    assert judge_counts(counted(**lost)) is proved


def test_the_verdict_needs_every_step_to_be_hit() -> None:
    counts = counted(FULL=0, NORMAL=3, OFF=9)
    assert judge_counts(counts, Counter(STEPS))
    assert not judge_counts(counts, Counter(STEPS[1:]))


def test_cuts_are_aimed_at_every_step() -> None:
    assert {find_aimed_step(number) for number in range(ALL_STEPS)} == set(STEPS)


SAID = {"answers": [["overall", 4], ["A", 5]], "topics": ["wait"], "state": "complete"}


@pytest.mark.parametrize(
    ("told", "p", "kept"),
    [
        (CitizenRecord(4), SAID, True),
        (CitizenRecord(3), SAID, False),
        (CitizenRecord(4), None, False),
        (CitizenRecord(4, "wait", {"A": 5}, "complete"), SAID, True),
        (CitizenRecord(4, "fair"), SAID, False),
        (CitizenRecord(4, "wait", {"A": 4}), SAID, False),
        (CitizenRecord(4, "wait", {"A": 5, "B": 1}), SAID, False),
        (CitizenRecord(4, state="complete"), {**SAID, "state": "partial"}, False),
        (CitizenRecord(None), {"answers": [], "state": "withdrawn"}, True),
        (CitizenRecord(None), SAID, False),
        (CitizenRecord(None, maybe=4), SAID, True),
        (CitizenRecord(None, state="declined"), {"answers": [], "state": "declined"}, True),
        (CitizenRecord(None, state="declined"), None, False),
    ],
    ids=str,
)
def test_what_was_told_must_be_there(told: CitizenRecord, p: dict[str, object] | None, kept: bool) -> None:
    assert told.kept(p) is kept
