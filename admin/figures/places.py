"""Where an agency stands within its group: rank ranges instead of bare ranks, and only among agencies of one kind.

A ward is not compared with a department: they serve other people in other matters. Agencies with fewer than 30 answers
have no place; those without any stand apart from them. Works on rows that already went through `small`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.figures.ranks import Rank, ranks
from admin.figures.standing import AgencyRow, all_agencies

#: Group → the kinds of agencies that are compared with each other, in the order in which groups are shown.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("department", ("department",)),
    ("service_centre", ("service_centre",)),
    ("ward", ("ward",)),
    ("commune", ("commune",)),
    ("special_zone", ("special_zone",)),
    ("vertical", ("vertical", "branch")),
)
#: The group of every other kind.
OTHER = "other"


@dataclass(frozen=True)
class Ranked:
    """An agency with its place among those of its group."""

    row: AgencyRow
    rank: Rank


@dataclass(frozen=True)
class RankedGroup:
    """One group: `ranked` by index, the best first; `few` have answers but no index that may be shown, `none` have no
    answer; both in the order of the list of agencies."""

    id: str
    ranked: tuple[Ranked, ...]
    few: tuple[AgencyRow, ...]
    none: tuple[AgencyRow, ...]


def group_of(kind: str) -> str:
    """The group an agency of this kind is compared in."""
    return next((group for group, kinds in GROUPS if kind in kinds), OTHER)


def ranking(
    session: Session, province_key: str, period: str, instrument: str, rows: Sequence[AgencyRow] | None = None
) -> list[RankedGroup]:
    """The agencies of a province in a period (month, quarter or any other) by group, groups without agencies left out.

    `rows` spares reading the agencies of the period again. Rank ranges come from pairwise Newcombe intervals
    (`ranks`), at 95 % for each pair. Raises `BadPeriod` and `UnknownAgency`.
    """
    rows = all_agencies(session, province_key, period, instrument) if rows is None else rows
    groups = [group for group, _kinds in GROUPS] + [OTHER]
    named = [(group, [row for row in rows if group_of(row.kind) == group]) for group in groups]
    return [_group(group, members) for group, members in named if members]


def _group(group: str, members: Sequence[AgencyRow]) -> RankedGroup:
    units = {
        row.key: (row.figure.index, row.figure.interval)
        for row in members
        if row.figure.index is not None and row.figure.interval is not None
    }
    found = ranks(units)
    ranked = [Ranked(row, found[row.key]) for row in members if row.key in found]
    return RankedGroup(
        group,
        tuple(sorted(ranked, key=lambda one: one.rank.place)),
        tuple(row for row in members if row.key not in found and row.figure.shown != "none"),
        tuple(row for row in members if row.figure.shown == "none"),
    )


def rank_of(groups: Sequence[RankedGroup], agency_key: str) -> Rank | None:
    """The place of one agency within its group; None where it has none."""
    return next((one.rank for group in groups for one in group.ranked if one.row.key == agency_key), None)
