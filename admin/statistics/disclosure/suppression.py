"""Suppression: cells hidden so that no number below 5 can be found by subtraction.

This holds within one report and across several. Every table that may be shown is listed in `data/tables.json`; between
their cells stand sums (channels make an agency, months a quarter, agencies a province). A cell below 5 is hidden.
Whatever else would let a reader solve for it is `withheld` with it: the equations are solved as a reader could solve
them, and as long as a hidden small cell comes out, one more cell is withheld. In the end every such cell has another
whole number that agrees with all that is printed (`admin.statistics.disclosure.alternative_solutions`), so that neither
bounds nor trying tell it.

It goes in the order in which periods end, and only what is published last is withheld: what was on paper before cannot
be taken back, and what a month hides depends on no later one. Numbers below 30 are hidden for another reason,
reliability, and are not defended here. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from admin.statistics.disclosure import linear_system
from admin.statistics.disclosure.alternative_solutions import Solutions
from admin.statistics.disclosure.cells import (
    Cell,
    Sum,
    build_cells_and_sums,
    list_published_tables,
    period_end,
    period_kind,
)
from admin.statistics.measures.thresholds import ENOUGH, FEW

#: Which of the periods that end together is withheld first.
_ORDER = {"month": 0, "quarter": 1, "year": 2}
_NO_ROOF = 1 << 60

#: After so many rounds more is withheld at once than may be needed.
PATIENCE = 4
#: Of so many cells that come out it is looked at once what must be withheld for them.
AT_ONCE = 60
#: What pages have a line for even when it is hidden; other parts are not named at all then, as if there were none.
NAMED = ("", "excluded")

#: What is looked at by itself first: the wholes, then one way of taking them apart after the other.
_FIRST = tuple(
    frozenset(("", *aparts))
    for aparts in ((), ("channel", "spent_stage", "spent_desk"), ("stage",), ("procedure",), ("item",))
)

Hidden = Literal["under_5", "withheld"]

__all__ = ["Cell", "Hidden", "Sum", "period_kind", "find_hidden_cells", "build_cells_and_sums", "list_published_tables"]


def find_hidden_cells(
    sizes: Mapping[Cell, int],
    sums: Iterable[Sum],
    *,
    secret: Collection[Cell] = (),
    earlier: Mapping[Cell, Hidden] | None = None,
    since: str = "",
    before: Collection[Cell] = (),
) -> dict[Cell, Hidden]:
    """Which cells are hidden: those below 5, and those withheld so that none of these can be worked out.

    Noughts are shown. Cells that stand in a sum but not in `sizes` are shown nowhere. `secret` are cells to be kept
    like those below 5. With `since` (a month) periods that end before it stay as `earlier` says. What was withheld
    `before`, when fewer answers had come, is withheld first: a paper from then and one from now would be two equations.
    """
    return _Reader(sizes, sums, secret, before).hide(earlier or {}, since)


class _Reader:
    """The cells by number, and what a reader of the shown ones knows."""

    def __init__(
        self, sizes: Mapping[Cell, int], sums: Iterable[Sum], secret: Collection[Cell], before: Collection[Cell]
    ) -> None:
        lines = [(line.whole, *line.parts) for line in sums]
        self.cells = sorted({*sizes, *(cell for line in lines for cell in line)})
        number = {cell: place for place, cell in enumerate(self.cells)}
        self.sizes = [sizes.get(cell, -1) for cell in self.cells]
        self.ends = [period_end(cell.period) for cell in self.cells]
        self.kept = {number[cell] for cell in secret if cell in number}
        self.before = {number[cell] for cell in before if cell in number}
        self.kept |= {place for place, n in enumerate(self.sizes) if 0 < n < FEW}
        self.lines = [tuple(number[cell] for cell in line) for line in lines]
        self.last = [max(self.ends[cell] for cell in line) for line in self.lines]
        self.aparts = [frozenset(self.cells[cell].apart for cell in line) for line in self.lines]
        self.among: frozenset[str] | None = None
        self.active: dict[int, list[int]] = {}
        self.touching: list[list[int]] = [[] for _ in self.cells]
        for place, members in enumerate(self.lines):
            for cell in members:
                self.touching[cell].append(place)
        self.hidden: dict[int, Hidden] = {}
        self.number = number

    def hide(self, earlier: Mapping[Cell, Hidden], since: str) -> dict[Cell, Hidden]:
        self.hidden = {self.number[cell]: state for cell, state in earlier.items() if cell in self.number}
        by_end: dict[str, list[int]] = {}
        for cell, end in enumerate(self.ends):
            if end >= since:
                by_end.setdefault(end, []).append(cell)
        for end in sorted(by_end):
            self._publish(end, by_end[end])
        return {self.cells[cell]: state for cell, state in self.hidden.items()}

    def _publish(self, end: str, new: Sequence[int]) -> None:
        """Hide what must be hidden of the cells whose period ends now, everything before being known."""
        for cell in new:
            if 0 < self.sizes[cell] < FEW:
                self.hidden[cell] = "under_5"
            elif cell in self.kept and self.sizes[cell] > 0:
                self.hidden[cell] = "withheld"
        for among in (*_FIRST, None):  # piece by piece, which is quick, and then all together, which is sure
            self.among, self.active = among, {}
            self._withhold(end, new)

    def _withhold(self, end: str, new: Sequence[int]) -> None:
        """Withhold more of the cells whose period ends now until no kept one comes out of the sums looked at."""
        ending_lines = {line for cell in new for line in self._active(cell, end) if self.last[line] == end}
        unknown = {cell for line in ending_lines for cell in self.lines[line] if self._unknown(cell)}
        todo, rounds = unknown, 0
        sure: set[int] = set()
        while True:
            group = self._together(todo, end)
            exposed_cells = self._left_alone(group, end)
            near = unknown
            if not exposed_cells:
                near, rounds = set(), rounds + 1
                if self.among is not None:
                    exposed_cells = self._solved(group, end)
                else:
                    settled_cells = self._settled(group, end, sure)
                    if self._said_less(settled_cells, end):
                        continue
                    exposed_cells = self._told(settled_cells, group, end)
            extra = self._withheld(exposed_cells, group, end, hurry=rounds > PATIENCE)
            for cell in extra:
                self.hidden[cell] = "withheld"
            unknown |= extra
            if extra:
                todo = near or (extra | set(exposed_cells))  # what hangs together with none of these stays as it is
            elif todo is unknown:
                return
            else:
                todo = unknown

    def _unknown(self, cell: int) -> bool:
        return cell in self.hidden or self.sizes[cell] < 0

    def _active(self, cell: int, end: str) -> list[int]:
        """The sums with this cell that are known by now and looked at."""
        lines = self.active.get(cell)
        if lines is None:
            among = self.among
            lines = self.active[cell] = [
                line for line in self.touching[cell]
                if self.last[line] <= end and (among is None or self.aparts[line] <= among)
            ]  # fmt: skip
        return lines

    def _together(self, unknown: Iterable[int], end: str) -> set[int]:
        """The unknown cells that hang together with these by sums."""
        group = set(unknown)
        todo, seen = list(group), set()
        while todo:
            for line in self._active(todo.pop(), end):
                if line not in seen:
                    seen.add(line)
                    more = [cell for cell in self.lines[line] if cell not in group and self._unknown(cell)]
                    group.update(more)
                    todo += more
        return group

    def _sums(self, group: Iterable[int], end: str) -> list[int]:
        return sorted({line for cell in group for line in self._active(cell, end)})

    def _left_alone(self, group: set[int], end: str) -> dict[int, set[int]]:
        """The kept cells that come out when one sum after the other has a single unknown. Here as in what follows: with
        the shown cells they are worked out from."""
        left = {line: sum(cell in group for cell in self.lines[line]) for line in self._sums(group, end)}
        lines_by_cell: dict[int, set[int]] = {}
        todo = [line for line, count in left.items() if count == 1]
        while todo:
            line = todo.pop()
            alone = [cell for cell in self.lines[line] if cell in group and cell not in lines_by_cell]
            if len(alone) != 1:
                continue
            lines_by_cell[alone[0]] = {line}.union(
                *(lines_by_cell[cell] for cell in self.lines[line] if cell in lines_by_cell)
            )
            for other in self._active(alone[0], end):
                left[other] -= 1
                if left[other] == 1:
                    todo.append(other)
        return {cell: self._shown(lines, end) for cell, lines in lines_by_cell.items() if cell in self.kept}

    def _solved(self, group: set[int], end: str) -> dict[int, set[int]]:
        """The kept cells that come out when all sums are solved together."""
        lines = self._sums(group, end)
        exposed_cells = linear_system.determined_unknowns(self._rows(lines, group), sorted(group & self.kept))
        return self._told(dict.fromkeys(exposed_cells, set()), group, end)

    def _told(self, exposed_cells: Mapping[int, set[int]], group: set[int], end: str) -> dict[int, set[int]]:
        """With these cells the shown ones they are worked out from: by sums alone, or where others are at an end of
        what they can be, those beside these."""
        if not exposed_cells:
            return {}
        lines = self._sums(group, end)
        visible = self._shown(lines, end)
        alone = sorted(cell for cell, blocked in exposed_cells.items() if not blocked)
        sources = (
            linear_system.determining_sums(self._rows(lines, group), self._rows(lines, visible), alone) if alone else {}
        )
        for cell, blocked in exposed_cells.items():
            if blocked:
                sources[cell] = self._shown(self._active(cell, end), end) or self._shown(
                    (line for one in blocked for line in self._active(one, end)), end
                )
        return {cell: sources[cell] or visible for cell in sources}

    def _rows(self, lines: Iterable[int], among: set[int]) -> list[linear_system.Equation]:
        rows = []
        for line in lines:
            whole, *parts = self.lines[line]
            row = {cell: -1 for cell in parts if cell in among}
            rows.append(row | ({whole: 1} if whole in among else {}))
        return rows

    def _settled(self, group: set[int], end: str, sure: set[int]) -> dict[int, set[int]]:
        """The kept cells that can be no other whole number within what is printed of all; those that can are `sure`
        from now on, whatever is hidden besides."""
        candidates = sorted((group & self.kept) - sure)
        if not candidates:
            return {}
        lines = self._sums(group, end)
        values, low, high = self._known_of(group, lines)
        solutions = Solutions(self._rows(lines, group), values, low, high)
        blocked_by_cell: dict[int, set[int]] = {}
        for cell in candidates:
            if cell not in sure:
                others, blocked_by_cell[cell] = solutions.with_another(cell)
                sure |= others
            if len(blocked_by_cell) - len(blocked_by_cell.keys() & sure) == AT_ONCE:
                break
        return {cell: blocked for cell, blocked in blocked_by_cell.items() if cell not in sure}

    def _known_of(self, group: set[int], lines: Iterable[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        """The numbers of the unknown cells, and between which ends a reader knows each to be: what is printed ("<5", or
        that there is something) says that. Of a rest that is shown nowhere he knows that it is no less than nought."""
        values: dict[int, int] = {}
        low: dict[int, int] = {}
        high: dict[int, int] = {}
        for cell in group:
            is_named = self.cells[cell].apart in NAMED and cell in self.hidden
            values[cell], low[cell] = max(self.sizes[cell], 0), 1 if is_named else 0
            high[cell] = FEW - 1 if is_named and self.hidden[cell] == "under_5" else _NO_ROOF
            if self.sizes[cell] < 0:
                high[cell] = 0  # unless it follows from a sum
        for line in lines:
            whole, *parts = self.lines[line]
            rests = [cell for cell in parts if self.sizes[cell] < 0]
            if len(rests) == 1 and self.sizes[whole] >= 0:
                values[rests[0]] = self.sizes[whole] - sum(self.sizes[cell] for cell in parts if cell != rests[0])
                high[rests[0]] = _NO_ROOF
        return values, low, high

    def _said_less(self, exposed_cells: Mapping[int, set[int]], end: str) -> bool:
        """Whether something could be gained by not even saying "<5" where that is what gives cells away."""
        few_cells = {cell for blocked in exposed_cells.values() for cell in blocked if self.sizes[cell] == FEW - 1}
        few_cells = {cell for cell in few_cells if self.hidden.get(cell) == "under_5" and self.ends[cell] == end}
        for cell in few_cells:
            self.hidden[cell] = "withheld"
        return bool(few_cells)

    def _withheld(self, exposed_cells: Mapping[int, set[int]], group: set[int], end: str, *, hurry: bool) -> set[int]:
        """One more cell for each that comes out; unless in a hurry, as far as those withheld for others do not do for
        it too."""
        extra: set[int] = set()
        for cell in sorted(exposed_cells, key=lambda cell: (len(exposed_cells[cell]), cell)):
            near = exposed_cells[cell] or self._shown(self._active(cell, end), end)
            if not near and not extra:
                near = self._shown(self._sums(group, end), end)
            if near - extra and (hurry or not near & extra):
                extra.add(min(near - extra, key=lambda cell: self._cost(cell, end)))
        return extra

    def _shown(self, lines: Iterable[int], end: str) -> set[int]:
        """The cells of these sums that are being published and could still be withheld."""
        return {
            cell
            for line in lines
            for cell in self.lines[line]
            if self.sizes[cell] > 0 and self.ends[cell] == end and cell not in self.hidden
        }

    def _cost(self, cell: int, end: str) -> tuple[int, int, int, int, int, int]:
        """What is withheld first: what was before; the longest period; what shows no index anyway; of these the cell
        where others are hidden already, else the smaller number, so that a province comes last."""
        n = self.sizes[cell]
        alone = sum(not any(self._unknown(other) for other in self.lines[line]) for line in self._active(cell, end))
        new, kind = cell not in self.before, period_kind(self.cells[cell].period)
        return (new, -_ORDER[kind], n if n >= ENOUGH else 0, alone, n, cell)
