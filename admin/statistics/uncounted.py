"""Responses beside a number of answers: contested, superseded, declined, withdrawn or partial.

These are counts of what happened, no opinions; still a few are told as "<5" like everything else, and nothing is told
where the number of answers itself is not. What is hidden here is part of no sum that is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Figure
from admin.statistics.tallies import reader
from admin.statistics.tallies.instruments import RESPONSES, questionnaire
from admin.statistics.tallies.recount import PARTIAL
from models.vocabulary import Outcome, State

#: What is counted, and as which outcome it stands in the tallies.
_OUTCOMES = {
    "contested": Outcome.CONTESTED.value,
    "superseded": Outcome.SUPERSEDED.value,
    "declined": f"{Outcome.NOT_COUNTED.value}:{State.DECLINED.value}",
    "withdrawn": f"{Outcome.NOT_COUNTED.value}:{State.WITHDRAWN.value}",
}


@dataclass(frozen=True)
class Beside:
    """How many responses of a scope were contested (another browser's lower answer counts), superseded (the phone's
    counts), declined, withdrawn, and partial (counted, but not finished). None is "fewer than 5", or not told at all
    where `hidden`."""

    contested: int | None
    superseded: int | None
    declined: int | None
    withdrawn: int | None
    partial: int | None
    hidden: bool


def beside(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str, whole: Figure
) -> Beside:
    """What stands beside the number of answers of a headline `whole`: the channels it pools. One statement."""
    asked = questionnaire(session, instrument)
    found = reader.answers(session, keys, months, asked, items=(RESPONSES, PARTIAL))
    return of_counts(found.outcomes, sum(found.item(PARTIAL)), whole)


def of_counts(outcomes: Mapping[str, int], partial: int, whole: Figure, *, unsuppressed: bool = False) -> Beside:
    """The same from counts already read: outcome (its reason behind a colon) → how many."""
    hidden = whole.shown in ("under_5", "withheld") and not unsuppressed
    told = {
        name: None if hidden or not (unsuppressed or thresholds.difference_shown(n)) else n
        for name, n in {
            **{name: outcomes.get(outcome, 0) for name, outcome in _OUTCOMES.items()}, "partial": partial,
        }.items()
    }  # fmt: skip
    return Beside(**told, hidden=hidden)
