"""Queries of figures for pages, commands, the API and papers, under one name.

All of it reads tallies, which the edge makes fresh beforehand (`recount.recount_stale`), and returns plain data in
which nothing is left that may not be shown.
"""

from __future__ import annotations

from admin.statistics.agency_comparison import AgencyRow, compare_all_agencies, compare_with_province
from admin.statistics.alerts import MonthAlerts, find_month_alerts
from admin.statistics.breakdowns import (
    ProcedureRow,
    figures_by_procedure,
    read_factor_figures,
    read_figure,
    read_trend,
)
from admin.statistics.channel_gap import DeskGap
from admin.statistics.current_counts import Count, RunningCounts, count_today_by_desk, read_running_counts
from admin.statistics.data_completeness import DataCompleteness, read_data_completeness
from admin.statistics.data_start import data_cover_period, find_first_data_day
from admin.statistics.disclosure.visibility import is_suppression_waiting
from admin.statistics.figure_provenance import describe_method, find_interval_kind
from admin.statistics.index_document import build_index_document
from admin.statistics.index_facts import IndexFacts, choose_shown_instrument
from admin.statistics.index_without_excluded import IndexWithoutExcluded
from admin.statistics.legal.agency_indicators import find_newest_month, read_legal_indicators
from admin.statistics.measures.index import Change, Figure, Verdict, compare_figures
from admin.statistics.measures.periods import (
    BadPeriod,
    begins_the_year,
    canonical_period,
    days_of,
    months_of,
    period_before,
    period_end_ms,
    period_kind,
    period_spellings,
    since_january,
    year_before,
)
from admin.statistics.methods import METHODS, UnknownMethod
from admin.statistics.missing_index_reasons import AgencyCoverage, list_agency_coverage
from admin.statistics.ranking import GROUPS, Rank, RankedGroup, find_rank, group_of, rank_agencies
from admin.statistics.response_outcomes import OutcomeNotes
from admin.statistics.response_rates import ResponseRate, compute_response_rate, count_dossiers
from admin.statistics.restricted_items import NotAProvince, read_restricted_items
from admin.statistics.rollups import RollUps
from admin.statistics.series_breaks import SeriesBreak, find_series_breaks
from admin.statistics.tallies.agency_tree import UnknownAgency, agency_and_ancestors, read_scope_keys
from admin.statistics.tallies.questionnaire_items import choose_instrument
from admin.statistics.uncounted import UncountedResponses

__all__ = [
    "IndexFacts", "choose_shown_instrument",
    "GROUPS",
    "METHODS",
    "AgencyRow",
    "MonthAlerts",
    "BadPeriod",
    "UncountedResponses",
        "SeriesBreak",
    "Change",
        "DeskGap",
        "Figure",
            "NotAProvince",
    "ProcedureRow",
        "Rank",
        "RankedGroup",
    "ResponseRate",
    "RollUps",
    "IndexWithoutExcluded",
        "UnknownAgency",
    "UnknownMethod",
    "Verdict",
        "compare_with_province",
    "compare_all_agencies",
        "find_month_alerts",
            "find_series_breaks",
        "figures_by_procedure",
        "choose_instrument",
    "compare_figures",
    "list_agency_coverage",
        "count_dossiers",
    "period_end_ms",
    "read_factor_figures",
    "read_figure",
    "group_of",
    "build_index_document",
    "period_kind",
    "agency_and_ancestors",
    "describe_method",
    "months_of",
        "period_before",
    "read_restricted_items",
    "find_rank",
    "rank_agencies",
    "compute_response_rate",
        "read_scope_keys",
        "read_trend",
    "is_suppression_waiting",
        "DataCompleteness",
    "Count",
    "RunningCounts",
    "read_data_completeness",
    "read_running_counts",
    "count_today_by_desk",
    "AgencyCoverage",
    "OutcomeNotes",
        "find_interval_kind",
    "read_legal_indicators",
    "find_newest_month",
    "begins_the_year",
    "canonical_period",
    "days_of",
    "find_first_data_day",
    "data_cover_period",
    "since_january",
    "period_spellings",
    "year_before",
]
