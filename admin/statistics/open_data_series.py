"""Series for open data: figures by agency and month, with all that must stand beside an index.

They are suppressed as on pages. What may be shown of a figure is decided by the functions that pages use; this adds how
it was made, the figure without the excluded answers, and what became of the other responses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from admin.statistics import figure_provenance, index_without_excluded, uncounted
from admin.statistics.agency_comparison import compare_all_agencies
from admin.statistics.breakdowns import NOTHING, FigureScope, read_figure, read_trend
from admin.statistics.index_without_excluded import IndexWithoutExcluded
from admin.statistics.measures.index import Answers, Figure
from admin.statistics.tallies import reader
from admin.statistics.tallies.agency_tree import UnknownAgency, build_subtrees, read_agencies_by_key, read_scope_keys
from admin.statistics.tallies.questionnaire_items import RESPONSES, Questionnaire, read_questionnaire
from admin.statistics.tallies.recount import PARTIAL
from admin.statistics.uncounted import UncountedResponses
from models.reference.localized_text import LocalText
from models.tables.agency import Agency
from models.tables.tally import TallyMonth


@dataclass(frozen=True)
class OpenFigure:
    """One figure: of an agency with everything under it, in a month (`2026-10`), by a method in a version, over these
    versions of an instrument."""

    agency: str
    name: LocalText
    month: str
    instrument: str
    versions: tuple[int, ...]
    method: str
    method_version: int
    figure: Figure
    second: IndexWithoutExcluded
    beside: UncountedResponses


def read_agency_series(
    session: Session, agency_key: str, months: Sequence[str], instrument: str, method: str | None = None
) -> list[OpenFigure]:
    """One agency, a row for each of consecutive months, oldest first. Raises `UnknownAgency` and `UnknownMethod`."""
    keys = read_scope_keys(session, agency_key)
    own = read_questionnaire(session, instrument)
    questionnaire = figure_provenance.questionnaire_by_method(own, method)
    figures = dict(read_trend(session, keys, months[-1], len(months), instrument))
    parts_by_month: dict[str, _Parts] = {}
    for group, answers in _read(session, (TallyMonth.month,), keys, months, questionnaire).items():
        parts_by_month.setdefault(group[0], {})[group[1:]] = answers
    name = _name(session.get_one(Agency, agency_key))
    return [
        _open(
            agency_key,
            name,
            month,
            own,
            questionnaire,
            figures[month],
            parts_by_month.get(month, {}),
            FigureScope(session, own.id, keys, (month,)),
            index_without_excluded.count_open_flags(session, keys, (month,)),
        )
        for month in months
    ]


def read_month_series(
    session: Session, province_key: str, month: str, instrument: str, method: str | None = None
) -> list[OpenFigure]:
    """The province and every agency under it that existed in a month, in the order of the list of agencies. Raises
    `UnknownAgency` and `UnknownMethod`."""
    own = read_questionnaire(session, instrument)
    questionnaire = figure_provenance.questionnaire_by_method(own, method)
    agencies = read_agencies_by_key(session)
    if province_key not in agencies:
        raise UnknownAgency(province_key)
    under = build_subtrees({key: agency.parent_key for key, agency in agencies.items()})
    parts_by_agency: dict[str, _Parts] = {}
    by_agency = _read(session, (TallyMonth.agency_key,), under[province_key], (month,), questionnaire)
    for whole_group, answers in by_agency.items():
        parts_by_agency.setdefault(whole_group[0], {})[whole_group[1:]] = answers
    figures = {province_key: read_figure(session, under[province_key], (month,), instrument)}
    figures |= {row.key: row.figure for row in compare_all_agencies(session, province_key, month, instrument)}
    rows = []
    for key, of in figures.items():
        parts: dict[_Group, list[Answers]] = {}
        for inner in under[key]:
            for group, answers in parts_by_agency.get(inner, {}).items():
                parts.setdefault(group, []).append(answers)
        merged = {group: reader.merge_answers(several) for group, several in parts.items()}
        flags = index_without_excluded.count_open_flags(session, under[key], (month,))
        scope = FigureScope(session, own.id, under[key], (month,))
        rows.append(_open(key, _name(agencies[key]), month, own, questionnaire, of, merged, scope, flags))
    return rows


#: Whether the answers are excluded, and the version where there is more than one.
_Group = tuple[Any, ...]
_Parts = dict[_Group, Answers]


def _read(
    session: Session, by: tuple[reader.Column, ...], keys: Collection[str], months: Sequence[str],
    questionnaire: Questionnaire,
) -> dict[reader.Group, Answers]:  # fmt: skip
    versions = (TallyMonth.version,) if len(questionnaire.orders) > 1 else ()
    items = dict.fromkeys((*reader.find_headline_items(questionnaire), RESPONSES, PARTIAL))
    return reader.read_answers_by(
        session, (*by, TallyMonth.excluded, *versions), keys, months, questionnaire, items=tuple(items)
    )


def _open(
    key: str,
    name: LocalText,
    month: str,
    own: Questionnaire,
    questionnaire: Questionnaire,
    figure: Figure,
    parts: _Parts,
    scope: FigureScope,
    flags: int,
) -> OpenFigure:
    whole = reader.merge_answers(list(parts.values()))
    by_exclusion = {
        flag: reader.merge_answers([answers for group, answers in parts.items() if bool(group[0]) is flag])
        for flag in (False, True)
    }
    of = (
        figure
        if questionnaire.method == own.method
        else figure_provenance.method_figures(whole, questionnaire, own, figure, scope)[0][1]
    )
    versions = tuple(sorted({group[1] for group, answers in parts.items() if len(group) > 1 and answers.counted}))
    second = index_without_excluded.compute_without_excluded(
        by_exclusion or {False: NOTHING}, questionnaire, of, flags, scope
    )
    return OpenFigure(
        key,
        name,
        month,
        own.id,
        versions or (own.version,),
        questionnaire.method.id,
        questionnaire.method.version,
        of,
        second,
        uncounted.uncounted_from_counts(whole.outcomes, sum(whole.item(PARTIAL)), of),
    )


def _name(agency: Agency) -> LocalText:
    return LocalText({"vi": agency.name_vi, "en": agency.name_en})
