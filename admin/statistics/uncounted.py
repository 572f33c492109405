"""Responses beside a number of answers: contested, superseded, declined, withdrawn or partial.

These are counts of what happened, no opinions; still a few are told as "<5" like everything else, and nothing is told
where the number of answers itself is not. What is hidden here is part of no sum that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Figure
from models.vocabulary import CountOutcome, ResponseState

#: What is counted, and as which outcome it stands in the tallies.
_OUTCOMES = {
    "contested": CountOutcome.CONTESTED.value,
    "superseded": CountOutcome.SUPERSEDED.value,
    "declined": f"{CountOutcome.NOT_COUNTED.value}:{ResponseState.DECLINED.value}",
    "withdrawn": f"{CountOutcome.NOT_COUNTED.value}:{ResponseState.WITHDRAWN.value}",
}


@dataclass(frozen=True)
class UncountedResponses:
    """How many responses of a scope were contested (another browser's lower answer counts), superseded (the phone's
    counts), declined, withdrawn, and partial (counted, but not finished). None is "fewer than 5", or not told at all
    where `hidden`."""

    contested: int | None
    superseded: int | None
    declined: int | None
    withdrawn: int | None
    partial: int | None
    hidden: bool


def uncounted_from_counts(
    outcomes: Mapping[str, int], partial: int, whole: Figure, *, unsuppressed: bool = False
) -> UncountedResponses:
    """What stands beside the number of answers of a headline `whole` that pools the same channels: outcome (its reason
    behind a colon) → how many, and how many were counted but not finished."""
    hidden = whole.shown in ("under_5", "withheld") and not unsuppressed
    counts = {
        name: None if hidden or not (unsuppressed or thresholds.may_show_difference(n)) else n
        for name, n in {
            **{name: outcomes.get(outcome, 0) for name, outcome in _OUTCOMES.items()}, "partial": partial,
        }.items()
    }  # fmt: skip
    return UncountedResponses(**counts, hidden=hidden)
