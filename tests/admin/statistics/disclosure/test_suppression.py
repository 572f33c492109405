"""Suppression: no number below 5 can be found by subtraction.

An attack of our own solves in fractions what was published.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from fractions import Fraction

import pytest

from admin.statistics.disclosure.suppression import (
    NAMED,
    Cell,
    Hidden,
    Sum,
    build_cells_and_sums,
    find_hidden_cells,
    period_kind,
)
from admin.statistics.measures.thresholds import FEW
from tests.fixtures.integer_attacker import MANY, BoundedSum, IntegerSearch

CHANNELS, STAGES, PROCEDURES = ("kiosk", "qr", "code"), ("submission", "result", "refusal"), ("p1", "p2", "p3", "p4")


def world(
    seed: int, agencies: int, months: int, busy: tuple[int, ...]
) -> tuple[dict[Cell, int], dict[str, str | None]]:
    """Answers of agencies in months, whole and apart, with many small numbers."""
    rng = random.Random(seed)
    parents: dict[str, str | None] = {"P": None}
    counts: dict[Cell, int] = {}
    for number in range(agencies):
        agency = f"A{number}"
        parents[agency] = "P" if number < 3 or rng.random() < 0.8 else f"A{rng.randrange(3)}"
        for month in range(1, months + 1):
            for _ in range(rng.choice(busy)):
                for cell in (
                    Cell(agency, f"2026-{month:02}"),
                    Cell(agency, f"2026-{month:02}", "channel", rng.choices(CHANNELS, (8, 3, 1))[0]),
                    Cell(agency, f"2026-{month:02}", "stage", rng.choices(STAGES, (6, 3, 1))[0]),
                    Cell(agency, f"2026-{month:02}", "procedure", rng.choices(PROCEDURES, (9, 5, 2, 1))[0]),
                ):
                    counts[cell] = counts.get(cell, 0) + 1
    return counts, parents


def belongs(apart: str, value: str) -> list[tuple[str, str]]:
    """A part, and what is shown of parts together: QR and typed codes, and these with the tablet."""
    together = {"kiosk": ["tied"], "qr": ["spent", "tied"], "code": ["spent", "tied"]}
    return [(apart, name) for name in (value, *(together.get(value, []) if apart == "channel" else []))]


def atoms(cell: Cell, parents: Mapping[str, str | None], own: Iterable[Cell]) -> dict[Cell, Fraction]:
    """A cell as a sum of what each agency got itself in a month, apart or whole: the attacker's unknowns."""
    found = {}
    for atom in own:
        agency: str | None = atom.agency
        while agency is not None and agency != cell.agency:
            agency = parents[agency]
        quarter = f"{atom.period[:4]}-Q{(int(atom.period[5:7]) + 2) // 3}"
        within = cell.period in (atom.period, quarter, atom.period[:4])
        if agency is not None and within and cell[2:] in belongs(atom.apart, atom.value):
            found[atom] = Fraction(1)
    return found


def attack(
    shown: Iterable[Cell], asked: Iterable[Cell], parents: Mapping[str, str | None], counts: Mapping[Cell, int]
) -> set[Cell]:
    """Which of the asked cells follow from those shown, by exact elimination over all unknowns."""
    basis: dict[Cell, dict[Cell, Fraction]] = {}

    def reduced(row: dict[Cell, Fraction]) -> dict[Cell, Fraction]:
        row = dict(row)
        while True:
            lead = next((atom for atom in sorted(row) if atom in basis), None)
            if lead is None:
                return row
            times = row[lead]
            for atom, value in basis[lead].items():
                left = row.get(atom, Fraction(0)) - times * value
                if left:
                    row[atom] = left
                else:
                    row.pop(atom, None)

    def learn(row: dict[Cell, Fraction]) -> None:
        row = reduced(row)
        if row:
            lead = min(row)
            basis[lead] = {atom: value / row[lead] for atom, value in row.items()}

    months = {(cell.agency, cell.period) for cell in counts}
    for agency, month in sorted(months):  # what is taken apart adds up, whether shown or not
        for apart in ("channel", "stage", "procedure"):
            row = {cell: Fraction(1) for cell in counts if cell[:3] == (agency, month, apart)}
            learn({**row, Cell(agency, month): Fraction(-1)})
    for cell in sorted(shown):
        learn(atoms(cell, parents, counts))
    return {cell for cell in asked if not reduced(atoms(cell, parents, counts))}


@pytest.mark.parametrize("seed", range(6))
def test_no_small_number_follows_from_what_is_shown(seed: int) -> None:
    busy = ((0, 2, 4, 7, 12, 40), (3, 6, 35))[seed % 3 % 2]
    counts, parents = world(seed, agencies=4, months=(3, 4)[seed % 2], busy=busy)
    sizes, sums = build_cells_and_sums(counts, parents)
    hidden = find_hidden_cells(sizes, sums)
    small = {cell for cell, n in sizes.items() if 0 < n < FEW}
    assert small and small <= set(hidden)
    found = attack((cell for cell in sizes if cell not in hidden), small, parents, counts)
    assert not found


def test_the_attack_can_succeed() -> None:
    """Hiding small numbers alone, as many systems do, gives some of them away."""
    counts, parents = world(0, agencies=4, months=3, busy=(0, 2, 4, 7, 12, 40))
    sizes, _ = build_cells_and_sums(counts, parents)
    small = {cell for cell, n in sizes.items() if 0 < n < FEW}
    assert attack((cell for cell in sizes if cell not in small), small, parents, counts)


def printed(
    counts: Mapping[Cell, int], parents: Mapping[str, str | None], sizes: Mapping[Cell, int],
    hidden: Mapping[Cell, Hidden],
) -> list[BoundedSum]:  # fmt: skip
    """All that a reader knows: what adds up to what, the shown numbers, and that "<5" is 1 to 4 and what is withheld
    under its name no nought."""
    known: list[BoundedSum] = []
    for agency, month in sorted({(cell.agency, cell.period) for cell in counts}):
        for apart in ("channel", "stage", "procedure"):
            row = {cell: 1 for cell in counts if cell[:3] == (agency, month, apart)}
            known.append(({**row, Cell(agency, month): -1}, 0, 0))
    for cell, n in sizes.items():
        row = dict.fromkeys(atoms(cell, parents, counts), 1)
        if cell not in hidden:
            known.append((row, n, n))
        elif cell.apart in NAMED:
            known.append((row, 1, FEW - 1 if hidden[cell] == "under_5" else MANY))
    return known


def tried(
    counts: Mapping[Cell, int], parents: Mapping[str, str | None], sizes: Mapping[Cell, int],
    hidden: Mapping[Cell, Hidden],
) -> set[Cell]:  # fmt: skip
    """The small numbers for which no other whole number is possible."""
    tries = IntegerSearch(printed(counts, parents, sizes, hidden), counts)
    small = sorted(cell for cell, n in sizes.items() if 0 < n < FEW)
    return {cell for cell in small if tries.only(dict.fromkeys(atoms(cell, parents, counts), 1), sizes[cell])}


#: seed, agencies, months, how busy: in these, sums alone tell nothing, but "<5" and nought as ends do
NARROW = [(46, 4, 3, (0, 1, 2, 3, 30)), (32, 5, 3, (0, 2, 4, 7, 12, 40))]


@pytest.mark.parametrize(("seed", "agencies", "months", "busy"), NARROW, ids=["4 agencies", "5 agencies"])
def test_no_small_number_is_left_without_another_choice(
    seed: int, agencies: int, months: int, busy: tuple[int, ...]
) -> None:
    counts, parents = world(seed, agencies, months, busy)
    sizes, sums = build_cells_and_sums(counts, parents)
    assert not tried(counts, parents, sizes, find_hidden_cells(sizes, sums))


def test_trying_whole_numbers_tells_more_than_solving() -> None:
    """One of the cells withheld for it shown again: no equation gives a small number away, and still nine have no other
    choice."""
    counts, parents = world(*NARROW[0])
    sizes, sums = build_cells_and_sums(counts, parents)
    hidden = find_hidden_cells(sizes, sums)
    del hidden[Cell("A2", "2026-Q1", "stage", "submission")]
    small = {cell for cell, n in sizes.items() if 0 < n < FEW}
    assert not attack((cell for cell in sizes if cell not in hidden), small, parents, counts)
    assert len(tried(counts, parents, sizes, hidden)) == 9


def test_sums_are_true_and_name_every_table() -> None:
    counts, parents = world(1, agencies=5, months=12, busy=(0, 3, 9))
    sizes, sums = build_cells_and_sums(counts, parents)
    for line in sums:
        if all(part in sizes for part in line.parts):
            assert sizes[line.whole] == sum(sizes[part] for part in line.parts), line
    ways = {(line.whole.apart, line.parts[0].apart, period_kind(line.whole.period)) for line in sums}
    assert {("", "", "year"), ("", "channel", "month"), ("", "procedure", "quarter")} <= ways
    assert ("stage", "stage", "year") in ways


def cells(*sizes: int) -> tuple[dict[Cell, int], list[Sum]]:
    """A province and its agencies."""
    parts = {Cell(f"A{number}", "2026-10"): n for number, n in enumerate(sizes)}
    whole = Cell("P", "2026-10")
    return {whole: sum(sizes), **parts}, [Sum(whole, tuple(parts))]


@pytest.mark.parametrize(
    ("sizes", "withheld", "said"),
    [
        ((40, 50, 60), 0, 0),  # nothing small
        ((4, 40, 50), 1, 1),  # one small number: a second one goes with it
        ((3, 2, 40), 0, 2),  # two small numbers: 5 in all, 1 to 4 each
        ((4, 4, 40), 0, 0),  # 8 in two below 5 can only be 4 and 4: it is not said that they are below 5
        ((1, 1, 40), 1, 2),  # 2 in two can only be 1 and 1
        ((0, 3, 40), 1, 1),  # a nought is shown and hides nothing
    ],
)
def test_one_table(sizes: tuple[int, ...], withheld: int, said: int) -> None:
    numbers, sums = cells(*sizes)
    found = find_hidden_cells(numbers, sums)
    assert {cell for cell, n in numbers.items() if 0 < n < FEW} <= set(found)
    assert sum(numbers[cell] >= FEW for cell in found) == withheld
    assert list(found.values()).count("under_5") == said


def test_what_shows_no_index_anyway_is_withheld_first_and_a_province_last() -> None:
    """13 answers are too few for an index: 146 of a province or 130 of a department are not given up for them, not even
    where giving these up would leave fewer sums without a gap."""
    whole, large, middle, small = (Cell(name, "2026-10") for name in ("P", "A0", "A1", "A2"))
    numbers, sums = cells(130, 13, 3)
    assert find_hidden_cells(numbers, sums) == {small: "under_5", middle: "withheld"} and numbers[whole] == 146
    villages = {Cell(f"B{number}", "2026-10"): n for number, n in enumerate((7, 6))}
    found = find_hidden_cells({**numbers, **villages}, [*sums, Sum(middle, tuple(villages))])
    assert middle in found and len(found.keys() & villages) == 1 and not {whole, large} & found.keys()


def test_parts_are_not_named_when_they_are_hidden() -> None:
    """So nobody knows how many there are, and 8 answers in two channels may have come in any way."""
    whole = Cell("A", "2026-10")
    parts = {Cell("A", "2026-10", "channel", f"c{number}"): n for number, n in enumerate((4, 4, 40))}
    assert len(find_hidden_cells({whole: 48, **parts}, [Sum(whole, tuple(parts))])) == 2


def test_what_is_published_last_is_withheld_first() -> None:
    """A month with 3 answers among 20 and 30: those two were on paper before the quarter, so the quarter waits."""
    counts = {Cell("A", f"2026-{month:02}"): n for month, n in ((7, 3), (8, 20), (9, 30), (10, 40), (11, 50))}
    counts |= {Cell(agency, f"2026-{month:02}"): 100 for agency in "BC" for month in range(7, 12)}
    found = find_hidden_cells(*build_cells_and_sums(counts, {"A": "P", "P": None, "B": "P", "C": "P"}))
    assert found[Cell("A", "2026-07")] == "under_5" and found[Cell("A", "2026-Q3")] == "withheld"
    assert found[Cell("A", "2026")] == "withheld"  # else the quarter were the year without the other quarter
    assert not any(cell.agency == "A" and cell.period in ("2026-08", "2026-09", "2026-10") for cell in found)
    assert sum(cell.period == "2026-07" and state == "withheld" for cell, state in found.items()) == 1


def test_a_quarter_of_small_months_is_shown() -> None:
    counts = {Cell("A", f"2026-{month:02}"): n for month, n in ((7, 3), (8, 2), (9, 3))}
    counts |= {Cell(agency, f"2026-{month:02}"): 4 - n for agency, n in (("B", 1), ("C", 2)) for month in (7, 8, 9)}
    found = find_hidden_cells(*build_cells_and_sums(counts, {"A": "P", "P": None, "B": "P", "C": "P"}))
    assert Cell("A", "2026-Q3") not in found and Cell("P", "2026-Q3") not in found


def test_what_was_withheld_before_late_answers_came_is_withheld_again() -> None:
    """A first paper withholds B beside the small A. Late answers make C the smaller one: were C withheld now and B
    shown, whoever knows that A got no late ones would have A from both papers."""
    first, later = (3, 36, 44), (3, 61, 44)
    found = find_hidden_cells(*cells(*first))
    assert found == {Cell("A0", "2026-10"): "under_5", Cell("A1", "2026-10"): "withheld"}
    assert Cell("A2", "2026-10") in find_hidden_cells(*cells(*later))
    assert set(find_hidden_cells(*cells(*later), before=found)) == set(found)
