"""The coverage list: the agencies with and without an index, and the reason for having none.

A gap in the figures is a finding of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from admin.presentation import figure_csv_cells, labels, phrases
from admin.statistics import queries
from admin.statistics.queries import AgencyCoverage
from translations import formats, lazy, ngettext
from translations import gettext as _

#: Reasons in the order in which somebody can do something about them.
REASONS = {
    "no_desk": lazy("no desk has been set up"),
    "no_device": lazy("no device at the desk, and no slip printed"),
    "device_silent": lazy("devices not heard of for more than 24 hours"),
    "no_slips": lazy("devices stand there, but nobody rated; no slip printed"),
    "no_answers": lazy("slips were printed, but nobody answered"),
    "under_5": lazy("fewer than 5 answers"),
    "n_only": lazy("5 to 29 answers"),
    "withheld": lazy("withheld to protect a small group"),
    "began_later": lazy("began after this period"),
    "ended": lazy("ended before this period"),
}
#: So many names stand beside a reason without an index.
_NAMES = 2


@dataclass(frozen=True)
class ReasonCount:
    """How many agencies have no index for one reason, and the first of them."""

    reason: str
    words: Any
    n: int
    names: str


@dataclass(frozen=True)
class CoverageList:
    """All agencies of the province; `rows` those on the page, the ones without an index first."""

    total: int
    shown: int
    counts: list[ReasonCount]
    rows: list[AgencyCoverage]

    @property
    def summary(self) -> str:
        """How many of all agencies show an index."""
        return ngettext(
            "%(shown)s of %(total)s agency shows an index.",
            "%(shown)s of %(total)s agencies show an index.",
            self.total,
            shown=formats.number(self.shown), total=formats.number(self.total),
        )  # fmt: skip


def build_coverage_list(coverage: Sequence[AgencyCoverage], reason: str = "") -> CoverageList:
    """The coverage of a province, narrowed to one reason if one is named."""
    counted: Counter[str] = Counter(row.reason for row in coverage)
    counts = [ReasonCount(id, words, counted[id], _some(coverage, id)) for id, words in REASONS.items() if counted[id]]
    places = {id: place for place, id in enumerate(REASONS)}
    rows = sorted(coverage, key=lambda row: places.get(row.reason, len(places)))
    if reason in REASONS:
        rows = [row for row in rows if row.reason == reason]
    return CoverageList(len(coverage), counted[""], counts, rows)


def describe_missing_index(row: AgencyCoverage) -> str:
    """Why an agency has no index, as a sentence; nothing when it has one."""
    return phrases.capitalize_first(str(REASONS[row.reason])) if row.reason else ""


def build_coverage_rows(coverage: CoverageList, now_ms: int) -> Iterator[list[str]]:
    """The page as rows of a file."""
    yield [
        _("Agency"), _("Group"), _("Answers"), _("Index (%)"), _("From (%)"), _("To (%)"), _("Why there is no index"),
        _("Desks"), _("Devices"), _("Last heard"), _("Slips printed"), _("Since"),
    ]  # fmt: skip
    yield [coverage.summary, *[""] * 11]
    for row in coverage.rows:
        yield [
            phrases.localize_text(row.name), phrases.localize_text(labels.group_label(queries.group_of(row.kind))),
            *figure_csv_cells.figure_cells(row.figure), describe_missing_index(row), str(row.desks), str(row.devices),
            phrases.describe_time_ago(row.last_seen_ms, now_ms) if row.devices else "",
            "" if row.slips is None else str(row.slips), phrases.describe_day(row.began),
        ]  # fmt: skip


def _some(coverage: Sequence[AgencyCoverage], reason: str) -> str:
    return phrases.join_names([phrases.localize_text(row.name) for row in coverage if row.reason == reason], _NAMES)
