"""Counts of what happened lately: a moving window by the running clock, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from admin.auth.recent_counts import RecentCounts

WINDOW = 12_000
steps = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 3)), max_size=40)


@given(steps)
def test_a_count_is_what_came_within_the_window_to_a_part_of_it(came: list[tuple[int, int]]) -> None:
    counts, mono, seen = RecentCounts(WINDOW), 0, []
    for step, n in came:
        mono += step
        counts.add("a", mono, n)
        seen.append((mono, n))
        within = sum(n for at, n in seen if mono - at < WINDOW)
        to_a_part = sum(n for at, n in seen if mono - at < WINDOW + WINDOW // 12)
        assert within <= counts.count("a", mono) <= to_a_part
    wait = counts.wait_ms("a", mono, 3)
    assert (wait == 0) == (counts.count("a", mono) < 3)
    assert wait < 2 or counts.count("a", mono + wait - 1) >= 3
    assert counts.count("a", mono + wait) < 3


def test_names_are_counted_apart_and_the_quietest_is_forgotten_first() -> None:
    counts = RecentCounts(WINDOW, most=100)
    for number in range(100):
        counts.add(str(number), number)
    counts.add("0", 100)
    for number in range(100, 1_000):
        counts.add(str(number), number)
        counts.add("0", number)
    assert len(counts) == 100 and counts.count("0", 1_000) == 902 and counts.count("1", 1_000) == 0
    assert counts.count("999", 1_000) == 1


def test_a_running_clock_that_begins_anew_counts_for_nobody() -> None:
    counts = RecentCounts(WINDOW)
    counts.add("a", 10**9, 50)
    assert counts.count("a", 5) == 0 and counts.wait_ms("a", 5, 1) == 0
    assert counts.add("a", 5) == 1


def test_what_is_taken_back_leaves_no_credit_and_ends_with_its_part() -> None:
    counts = RecentCounts(WINDOW)
    counts.add("a", 0)
    counts.add("a", 5_000)
    counts.add("a", 5_000)
    counts.take_back("a", 5_000)
    assert counts.count("a", 6_000) == 2 and counts.count("a", 13_000) == 1
    for name, at in (("a", 0), ("a", 9_000), ("b", 0)):
        counts.take_back(name, at)
    assert counts.count("a", 13_000) == 1 and counts.count("b", 0) == 0
    counts.forget("a")
    assert counts.count("a", 13_000) == 0 and counts.add("a", 13_000) == 1
