"""Rule of the lots: five answers at once or a week old, whatever the order and whoever looks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from admin.comments import lots
from admin.comments.lots import WaitingItem
from models.clock import day_start, local_day

HOUR, DAY = 3_600_000, 86_400_000
#: Monday, 5 October 2026, midnight.
START = day_start("2026-10-05")
DAYS = [local_day(START + n * DAY) for n in range(40)]
#: Hours after the start at which something came, and whether its answer weighs.
ARRIVALS = st.lists(st.tuples(st.integers(0, 24 * 35), st.integers(0, 30), st.booleans()), max_size=60)


def waiting(arrivals: list[tuple[int, int, bool]]) -> list[WaitingItem]:
    return [
        WaitingItem(f"answer {answer}", number, START + hour * HOUR, weighs)
        for number, (hour, answer, weighs) in enumerate(arrivals)
    ]


def shape(found: list[tuple[str, list[WaitingItem]]]) -> list[tuple[str, set[object]]]:
    return [(day, {one.what for one in some}) for day, some in found]


@given(ARRIVALS)
def test_a_lot_is_of_five_answers_or_of_what_is_a_week_old(arrivals: list[tuple[int, int, bool]]) -> None:
    found = lots.draw_up_lots(waiting(arrivals), DAYS)
    seen: set[object] = set()
    for day, some in found:
        morning = day_start(day) + lots.MORNING_MS
        assert all(one.came_ms < morning for one in some) and not seen & {one.what for one in some}
        seen |= {one.what for one in some}
        if len({one.answer for one in some if one.weighs}) < lots.FEWEST:
            assert all(one.came_ms <= morning - 7 * DAY for one in some)
            assert all(one.came_ms < day_start(day) - 7 * DAY for one in some)  # no closer than a whole week
            assert (day_start(day) - START) // DAY % 7 == 0  # on Mondays alone: no other day tells when it came
    assert len({day for day, _some in found}) == len(found)


@given(ARRIVALS)
def test_nothing_is_thrown_away(arrivals: list[tuple[int, int, bool]]) -> None:
    days = [*DAYS, *(local_day(START + n * DAY) for n in range(40, 60))]
    released = [one.what for _day, some in lots.draw_up_lots(waiting(arrivals), days) for one in some]
    assert sorted(str(what) for what in released) == sorted(str(number) for number in range(len(arrivals)))


@given(ARRIVALS, st.lists(st.integers(1, 39), max_size=6, unique=True), st.randoms(use_true_random=False))
def test_looking_in_between_and_the_order_of_rows_change_no_lot(
    arrivals: list[tuple[int, int, bool]], stops: list[int], dice: object
) -> None:
    at_once = shape(lots.draw_up_lots(waiting(arrivals), DAYS))
    left = waiting(arrivals)
    dice.shuffle(left)  # type: ignore[attr-defined]
    piecewise, bounds = [], [0, *sorted(stops), len(DAYS)]
    for first, last in zip(bounds, bounds[1:], strict=False):
        some = [one for one in left if one.came_ms < day_start(DAYS[last - 1]) + lots.MORNING_MS]
        found = lots.draw_up_lots(some, DAYS[first:last])
        piecewise += shape(found)
        gone = {one.what for _day, lot in found for one in lot}
        left = [one for one in left if one.what not in gone]
    assert piecewise == at_once


def test_the_same_morning_is_due_once() -> None:
    six = START + 6 * HOUR
    assert lots.list_release_mornings("", six - 1) == ["2026-10-04"] and lots.list_release_mornings("", six) == [
        "2026-10-05"
    ]
    assert (
        lots.list_release_mornings("2026-10-05", six + DAY - 1) == []
        and lots.list_release_mornings("2026-10-06", six) == []
    )
    assert lots.list_release_mornings("2026-10-05", six + 3 * DAY) == ["2026-10-06", "2026-10-07", "2026-10-08"]


def test_what_counts_nowhere_fills_no_lot_and_comes_along() -> None:
    some = [WaitingItem(str(n), n, START, weighs=n > 0) for n in range(5)]
    assert lots.draw_up_lots(some, DAYS[:2]) == []
    one_more = [*some, WaitingItem("5", 5, START + HOUR)]
    assert shape(lots.draw_up_lots(one_more, DAYS[:2])) == [("2026-10-05", {0, 1, 2, 3, 4, 5})]
    twice = [WaitingItem("same", n, START) for n in range(9)]  # nine things of one answer are one person's
    assert lots.draw_up_lots(twice, DAYS[:7]) == []


def test_the_place_in_a_week_says_nothing_of_the_name() -> None:
    names = [("d-1", f"{n:032x}", "c") for n in range(300)]
    places = sorted(names, key=lambda name: lots.shuffle_rank("secret", *name))
    later = sum(names.index(one) < names.index(other) for one, other in zip(places, places[1:], strict=False))
    assert 110 < later < 190  # as chance has it
    assert places != sorted(names, key=lambda name: lots.shuffle_rank("other secret", *name))


def test_a_week_that_spans_two_months_belongs_to_one() -> None:
    for day in ("2026-10-26", "2026-10-31", "2026-11-01"):
        assert lots.iso_week_of(day, day[:7]) == ("2026-W44", "2026-10")
    assert lots.iso_week_of("2027-01-01", "2027-01") == ("2026-W53", "2026-12")
    assert lots.iso_week_of("", "2026-10") == ("", "2026-10")
