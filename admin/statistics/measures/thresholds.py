"""Thresholds for small numbers: the limits 5 and 30, and what follows from them for one figure alone.

Fewer than 5 answers: nothing but "<5". Fewer than 30: their number, but no index, interval, distribution or factor.
Where parts stand beside their sum, a part that is hidden could be found by subtraction; then a second one is
withheld with it. What may be shown of a number that stands among others is asked of
`admin.statistics.disclosure.visibility`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Shown = Literal["full", "n_only", "under_5", "none", "withheld"]

#: Below this nothing is said but that there are fewer.
FEW = 5
#: From here on an index is shown.
ENOUGH = 30


def find_shown_level(n: int) -> Shown:
    """What may be shown of a figure that rests on `n` answers."""
    if n == 0:
        return "none"
    return "under_5" if n < FEW else "n_only" if n < ENOUGH else "full"


def find_shown_parts(sizes: Sequence[int]) -> list[Shown]:
    """What may be shown of parts whose sum is shown too, in the order given.

    Together the hidden parts hold at least 30 answers, and the number of a part below 5 is not the only one missing;
    for that the smallest other part is `withheld`: neither its number nor its index is shown.
    """
    parts = [find_shown_level(n) for n in sizes]
    hidden = [place for place, part in enumerate(parts) if part in ("under_5", "n_only")]
    if hidden and sum(sizes[place] for place in hidden) < ENOUGH:
        _withhold(sizes, parts, ("full",))
    if parts.count("under_5") == 1 and "withheld" not in parts:
        _withhold(sizes, parts, ("n_only", "full"))
    return parts


def find_shown_terms(sizes: Sequence[int]) -> list[Shown]:
    """The same for terms of a mean that is shown: one that is missing could be found from the mean and the others."""
    terms = [find_shown_level(n) for n in sizes]
    if sum(term in ("under_5", "n_only") for term in terms) == 1:
        _withhold(sizes, terms, ("full",))
    return terms


def may_show_difference(n: int) -> bool:
    """Whether a second figure that leaves out `n` answers may stand beside the first: none or at least 5."""
    return n == 0 or n >= FEW


def _withhold(sizes: Sequence[int], parts: list[Shown], among: tuple[Shown, ...]) -> None:
    """Withhold the smallest of the parts in one of the states of `among`."""
    left = [place for place, part in enumerate(parts) if part in among]
    if left:
        parts[min(left, key=lambda place: sizes[place])] = "withheld"
