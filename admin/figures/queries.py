"""Everything pages, commands, the API and papers ask of figures, under one name.

All of it reads tallies, which the edge makes fresh beforehand (`tally.freshen`), and returns plain data in which
nothing is left that may not be shown.
"""

from __future__ import annotations

from admin.figures.attention import Attention, SilentDevice, attention
from admin.figures.beside import Beside, beside
from admin.figures.breakdowns import (
    ProcedureRow,
    by_channel,
    by_procedure,
    factor_rows,
    figure,
    trend,
)
from admin.figures.breaks import Break, breaks
from admin.figures.coverage import Covered, coverage
from admin.figures.document import index_document
from admin.figures.gap import Gap
from admin.figures.gaps import DeskGap, desk_gap
from admin.figures.hidden import waiting
from admin.figures.index import Change, Counts, Figure, Verdict, compare
from admin.figures.legal import Legal, legal, newest_month
from admin.figures.made import Made, all_methods, made
from admin.figures.methods import METHODS, UnknownMethod
from admin.figures.periods import BadPeriod, end_ms, kind_of, months_of, period_before
from admin.figures.places import GROUPS, Ranked, RankedGroup, group_of, rank_of, ranking
from admin.figures.province_alone import NotAProvince, ProvinceAlone, province_alone
from admin.figures.questionnaires import choose_instrument
from admin.figures.ranks import Rank
from admin.figures.rates import Dossiers, ResponseRate, dossiers, response_rate
from admin.figures.rollups import Bounds, RollUps, bounds, roll_ups
from admin.figures.scope import UnknownAgency, line_of, scope_keys
from admin.figures.second import Second, second
from admin.figures.standing import AgencyRow, against_province, all_agencies
from admin.figures.strata import Weighted, by_stage, weighted

__all__ = [
    "GROUPS", "METHODS", "AgencyRow", "Attention", "BadPeriod", "Beside", "Bounds", "Break", "Change", "Counts",
    "DeskGap", "Dossiers", "Figure", "Gap", "Made", "NotAProvince", "ProcedureRow", "ProvinceAlone", "Rank", "Ranked",
    "RankedGroup", "ResponseRate", "RollUps", "Second", "SilentDevice", "UnknownAgency", "UnknownMethod", "Verdict",
    "Weighted", "against_province", "all_agencies", "all_methods", "attention", "beside", "bounds", "breaks",
    "by_channel", "by_procedure", "by_stage", "choose_instrument", "compare", "coverage", "desk_gap", "dossiers",
    "end_ms", "factor_rows", "figure", "group_of", "index_document", "kind_of", "line_of", "made", "months_of",
    "period_before", "province_alone", "rank_of", "ranking", "response_rate", "roll_ups", "scope_keys", "second",
    "trend", "waiting", "weighted", "Covered", "Legal", "legal", "newest_month",
]
