"""Queries of figures for pages, commands, the API and papers, under one name.

All of it reads tallies, which the edge makes fresh beforehand (`recount.freshen`), and returns plain data in which
nothing is left that may not be shown.
"""

from __future__ import annotations

from admin.statistics.agency_comparison import AgencyRow, against_province, all_agencies
from admin.statistics.alerts import Attention, SilentDevice, attention
from admin.statistics.arrivals import Arrived, arrived
from admin.statistics.breakdowns import ProcedureRow, by_channel, by_procedure, factor_rows, figure, trend
from admin.statistics.came_in import Noted, noted
from admin.statistics.channel_gap import DeskGap, Gap, desk_gap
from admin.statistics.coverage import Covered, coverage
from admin.statistics.data_start import first_day, holds
from admin.statistics.disclosure.visibility import waiting
from admin.statistics.index_document import index_document
from admin.statistics.legal.agency_indicators import Legal, legal, newest_month
from admin.statistics.measures.index import Change, Counts, Figure, Verdict, compare
from admin.statistics.measures.periods import (
    BadPeriod,
    begins_the_year,
    canonical,
    days_of,
    end_ms,
    kind_of,
    months_of,
    period_before,
    since_january,
    spellings,
    year_before,
)
from admin.statistics.methods import METHODS, UnknownMethod
from admin.statistics.provenance import Made, all_methods, interval_kind, made
from admin.statistics.ranking import GROUPS, Rank, Ranked, RankedGroup, group_of, rank_of, ranking
from admin.statistics.response_rates import Dossiers, ResponseRate, dossiers, response_rate
from admin.statistics.restricted_items import NotAProvince, ProvinceAlone, province_alone
from admin.statistics.rollups import Bounds, RollUps, bounds, roll_ups
from admin.statistics.running_counts import Count, Running, running, today_by_desk
from admin.statistics.series_breaks import Break, breaks
from admin.statistics.stages import Weighted, by_stage, weighted
from admin.statistics.tallies.agency_tree import UnknownAgency, line_of, scope_keys
from admin.statistics.tallies.instruments import choose_instrument
from admin.statistics.uncounted import Beside, beside
from admin.statistics.without_excluded import Second, second

__all__ = [
    "GROUPS", "METHODS", "AgencyRow", "Attention", "BadPeriod", "Beside", "Bounds", "Break", "Change", "Counts",
    "DeskGap", "Dossiers", "Figure", "Gap", "Made", "NotAProvince", "ProcedureRow", "ProvinceAlone", "Rank", "Ranked",
    "RankedGroup", "ResponseRate", "RollUps", "Second", "SilentDevice", "UnknownAgency", "UnknownMethod", "Verdict",
    "Weighted", "against_province", "all_agencies", "all_methods", "attention", "beside", "bounds", "breaks",
    "by_channel", "by_procedure", "by_stage", "choose_instrument", "compare", "coverage", "desk_gap", "dossiers",
    "end_ms", "factor_rows", "figure", "group_of", "index_document", "kind_of", "line_of", "made", "months_of", "noted",
    "period_before", "province_alone", "rank_of", "ranking", "response_rate", "roll_ups", "scope_keys", "second",
    "trend", "waiting", "weighted", "Arrived", "Count", "Running", "arrived", "running", "today_by_desk",
    "Covered", "Noted", "Legal", "interval_kind", "legal", "newest_month",
    "begins_the_year", "canonical", "days_of", "first_day", "holds", "since_january", "spellings", "year_before",
]
