"""The clock: corrected time and local days."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock

TIMES = st.integers(min_value=0, max_value=4_000_000_000_000)


@given(TIMES, TIMES, TIMES)
def test_a_corrected_time_lies_in_its_window_and_says_when_it_was_moved(claimed: int, low: int, high: int) -> None:
    time = clock.clamp_claimed_time(claimed, low, high)
    assert time.low <= time.ms <= time.high == high
    assert time.clamped == (time.ms != claimed)
    if min(low, high) <= claimed <= high:
        assert time.ms == claimed


def test_months_turn_at_midnight_in_ho_chi_minh_city() -> None:
    july = 1753981199000  # 2025-07-31T16:59:59Z
    august = 1753983000000  # 2025-07-31T17:30:00Z
    assert clock.local_day(july) == "2025-07-31"
    assert clock.local_day(august) == "2025-08-01"
    assert clock.day_start("2025-08-01") == 1753981200000


@given(TIMES)
def test_a_day_begins_where_the_one_before_ends(ms: int) -> None:
    day = clock.local_day(ms)
    start = clock.day_start(day)
    assert start <= ms < start + 86_400_000
    assert clock.local_day(start) == day and clock.local_day(start - 1) < day


def test_months_are_counted_back_and_forth_over_the_year() -> None:
    assert clock.months_before("2026-01", 1) == "2025-12"
    assert clock.months_before("2026-12", -1) == "2027-01"
    assert clock.months_before("2026-11", 13) == "2025-10"
    assert clock.month_days("2026-02")[-1] == "2026-02-28" and len(clock.month_days("2024-02")) == 29


@pytest.fixture
def own_log() -> Iterator[None]:
    """What a test sets up for the log ends with it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.starts_at("2026-11-28T22:15:03")
def test_a_log_line_says_when_with_its_offset_how_bad_and_where(
    capsys: pytest.CaptureFixture[str], own_log: None
) -> None:
    clock.log_to_stderr()
    clock.log_to_stderr()  # whoever asks twice hears nothing twice
    logging.getLogger("kiosk.sync.loop").warning("no network: %s", "a\nforged\x1b[2J line")
    logging.getLogger("kiosk.sync.loop").info("sent %d", 3)
    logging.getLogger("alembic.runtime").info("a library's chatter")
    logging.getLogger("waitress.queue").warning("Task queue depth is 4")
    try:
        raise ValueError("lỗi")
    except ValueError:
        logging.getLogger("admin.web").exception("unexpected error")
    lines = capsys.readouterr().err.splitlines()
    read = [re.fullmatch(r"2026-11-28T22:15:\d\d\+07:00 (\w+) ([\w.]+): (.+)", line) for line in lines]
    assert [match.groups() for match in read if match] == [
        ("WARNING", "kiosk.sync.loop", r"no network: a\nforged\x1b[2J line"),
        ("INFO", "kiosk.sync.loop", "sent 3"),
        ("WARNING", "waitress.queue", "Task queue depth is 4"),
        ("ERROR", "admin.web", "unexpected error"),
    ]
    assert lines[4].startswith("Traceback") and lines[-1] == "ValueError: lỗi"
