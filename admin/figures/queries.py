"""Everything pages, commands, the API and papers ask of figures, under one name.

All of it reads tallies, which the edge makes fresh beforehand (`tally.freshen`), and returns plain data in which
nothing is left that may not be shown.
"""

from __future__ import annotations

from admin.figures.attention import Attention, SilentDevice, attention
from admin.figures.breakdowns import ProcedureRow, by_channel, by_procedure, factor_rows, figure, trend
from admin.figures.document import index_document
from admin.figures.index import Change, Counts, Figure, Verdict, compare
from admin.figures.methods import UnknownMethod
from admin.figures.periods import BadPeriod, end_ms, kind_of, months_of, period_before
from admin.figures.questionnaires import choose_instrument
from admin.figures.rates import Dossiers, ResponseRate, dossiers, response_rate
from admin.figures.scope import UnknownAgency, line_of, scope_keys
from admin.figures.standing import AgencyRow, against_province, all_agencies

__all__ = [
    "AgencyRow", "Attention", "BadPeriod", "Change", "Counts", "Dossiers", "Figure", "ProcedureRow", "ResponseRate",
    "SilentDevice", "UnknownAgency", "UnknownMethod", "Verdict", "against_province", "all_agencies", "attention",
    "by_channel", "by_procedure", "choose_instrument", "compare", "dossiers", "end_ms", "factor_rows", "figure",
    "index_document", "kind_of", "line_of", "months_of", "period_before", "response_rate", "scope_keys", "trend",
]
