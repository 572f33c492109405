"""CSV rows of the ranking table: the agencies the page lists, with exactly what it says of them."""

from __future__ import annotations

from collections.abc import Iterator

from admin.presentation import figure_csv_cells, phrases
from admin.ranking.table import RankingTable
from admin.statistics.queries import AgencyRow, Figure
from translations import gettext as _
from translations import ngettext


def build_ranking_rows(table: RankingTable, province: Figure, title: str, summary: str) -> Iterator[list[str]]:
    """The header, the province as what is compared with, the ranked agencies, then those without a rank."""
    yield [
        _("Rank"), _("Best rank"), _("Worst rank"), _("Agency"), _("Answers"), _("Index (%)"), _("From (%)"),
        _("To (%)"), _("Remark"),
    ]  # fmt: skip
    if table.lines:
        yield [
            "",
            "",
            "",
            _("Whole province"),
            *figure_csv_cells.figure_cells(province),
            phrases.explain_hidden_index(province) or title,
        ]
    if table.ranked:
        yield ["", "", "", "", "", "", "", "", summary]
    without = len(table.few) + len(table.none)
    yield ["", "", "", _("Not ranked"), "", "", "", "", ngettext("%(n)s agency", "%(n)s agencies", without)]
    for line in table.lines:
        ranks = [str(line.rank.place), str(line.rank.best), str(line.rank.worst)]
        yield [*ranks, *_named(line.row), phrases.describe_verdict(line.row.verdict)]
    for row in (*table.few, *table.none):
        yield ["", "", "", *_named(row), phrases.explain_hidden_index(row.figure)]


def _named(row: AgencyRow) -> list[str]:
    return [phrases.localize_text(row.name), *figure_csv_cells.figure_cells(row.figure)]
