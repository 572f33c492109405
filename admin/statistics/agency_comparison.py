"""The comparison of a province's agencies: each figure, and how it stands to the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.statistics.breakdowns import FigureScope, compute_headline
from admin.statistics.disclosure import visibility
from admin.statistics.measures.index import (
    Answers,
    Figure,
    Verdict,
    compare_with_rest,
    make_shown_figure,
    remove_answers,
)
from admin.statistics.measures.periods import months_of
from admin.statistics.tallies import cache, reader
from admin.statistics.tallies.agency_tree import UnknownAgency, build_subtrees, read_agencies_by_key, read_scope_keys
from admin.statistics.tallies.questionnaire_items import Questionnaire, read_questionnaire
from models.clock import month_days
from models.reference.localized_text import LocalText
from models.tables.agency import Agency
from models.tables.tally import TallyMonth
from translations.collation import vietnamese_key

#: Kinds that are part of another agency on a list and not a line of their own.
_PARTS = ("branch",)


@dataclass(frozen=True)
class AgencyRow:
    """An agency on a list. `verdict` is None where its index cannot be shown, or the method has no interval."""

    key: str
    kind: str
    name: LocalText
    figure: Figure
    verdict: Verdict | None


def compare_all_agencies(session: Session, province_key: str, period: str, instrument: str) -> list[AgencyRow]:
    """Every agency under a province that existed in the period (a month, or any other), in Vietnamese order of names.

    An agency's figure holds everything under it; branches have no line of their own. The rest of the province is the
    province without the agency. Two statements. Raises `BadPeriod` and `UnknownAgency`.
    """
    months, questionnaire = months_of(period), read_questionnaire(session, instrument)
    agencies = read_agencies_by_key(session)
    if province_key not in agencies:
        raise UnknownAgency(province_key)
    agency_facts = [
        (one.key, one.parent_key, one.kind, one.name_vi, one.name_en, one.valid_from, one.valid_to)
        for one in agencies.values()
    ]
    question = (
        "all_agencies",
        province_key,
        period,
        questionnaire.id,
        questionnaire.method.id,
        questionnaire.version,
        tuple(sorted(agency_facts)),
    )
    stamp = visibility.visibility_stamp(session, questionnaire.id, months)
    return list(
        cache.get_or_compute(
            session,
            question,
            stamp,
            lambda: _rows(session, province_key, months, questionnaire, agencies),
            len(agency_facts),
        )
    )


def _rows(
    session: Session,
    province_key: str,
    months: Sequence[str],
    questionnaire: Questionnaire,
    agencies: Mapping[str, Agency],
) -> list[AgencyRow]:
    under = build_subtrees({key: agency.parent_key for key, agency in agencies.items()})
    tree = under[province_key]
    groups = reader.read_answers_by(
        session, (TallyMonth.agency_key,), tree, months, questionnaire, items=reader.find_headline_items(questionnaire)
    )
    own = {key: answers for (key,), answers in groups.items()}
    whole = _gathered(own, tree)
    is_shown = (
        FigureScope(session, questionnaire.id, tree, months).figure(compute_headline(whole, questionnaire)).shown
        == "full"
    )
    rows = []
    for key in sorted(tree - {province_key}, key=lambda key: (vietnamese_key(agencies[key].name_vi), key)):
        agency = agencies[key]
        if agency.kind in _PARTS or not _existed(agency, months):
            continue
        part = _gathered(own, under[key])
        name = LocalText({"vi": agency.name_vi, "en": agency.name_en})
        figure = FigureScope(session, questionnaire.id, under[key], months).figure(
            compute_headline(part, questionnaire)
        )
        verdict = _verdict(figure, whole, part, questionnaire) if is_shown else None
        rows.append(AgencyRow(key, agency.kind, name, figure, verdict))
    return rows


def compare_with_province(
    session: Session, province_key: str, agency_key: str, period: str, instrument: str
) -> tuple[Figure, Verdict | None]:
    """The figure of the whole province, and how one agency under it stands to the rest.

    Raises `BadPeriod` and `UnknownAgency`.
    """
    months, questionnaire = months_of(period), read_questionnaire(session, instrument)
    tree, part = read_scope_keys(session, province_key), read_scope_keys(session, agency_key)
    groups = reader.read_answers_by(
        session, (TallyMonth.agency_key,), tree, months, questionnaire, items=reader.find_headline_items(questionnaire)
    )
    own = {key: answers for (key,), answers in groups.items()}
    whole, ours = _gathered(own, tree), _gathered(own, part)
    province = FigureScope(session, questionnaire.id, tree, months).figure(compute_headline(whole, questionnaire))
    figure = FigureScope(session, questionnaire.id, part, months).figure(compute_headline(ours, questionnaire))
    return province, _verdict(figure, whole, ours, questionnaire) if province.shown == "full" else None


def _verdict(figure: Figure, whole: Answers, part: Answers, questionnaire: Questionnaire) -> Verdict | None:
    if figure.interval is None:
        return None
    return compare_with_rest(figure, make_shown_figure(compute_headline(remove_answers(whole, part), questionnaire)))


def _gathered(own: dict[str, Answers], keys: Collection[str]) -> Answers:
    return reader.merge_answers([own[key] for key in keys if key in own])


def _existed(agency: Agency, months: Collection[str]) -> bool:
    """Whether the agency existed on some day of these months."""
    first, last = min(months), max(months)
    begun = agency.valid_from <= month_days(last)[-1]
    return begun and (agency.valid_to is None or agency.valid_to > f"{first}-01")
