"""The snapshot of a period: its figures frozen as one document.

The paper is drawn from it, and the verify page shows it. The document holds nothing that may not be shown, so whoever
reads it later cannot show too much. It is plain data: whole numbers, texts, and decimals as strings with two places.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from admin.reports.document import wording_editions
from admin.reports.letterhead import build_letterhead
from admin.statistics import queries
from admin.statistics.index_document import format_interval_ends, format_two_places, interval_text
from admin.statistics.queries import AgencyRow, DeskGap, Figure, IndexFacts, IndexWithoutExcluded, ProcedureRow
from admin.statistics.tallies.reader import POOLED
from models.reference.localized_text import LocalText
from models.tables.agency import Agency
from models.vocabulary import Channel

#: The version of the document's shape.
VERSION = 1


def freeze_figures(
    session: Session,
    agency_key: str,
    period: str,
    *,
    revision: int,
    code: str,
    target: Decimal | str | int | None,
    practice: bool,
    comparable: bool = True,
) -> dict[str, Any]:
    """The figures document of an agency and period, from tallies the caller made fresh.

    `target` is in per cent. A period that is not over, or of which the data hold only a part, is not `comparable`
    with the one before. Raises `UnknownAgency` and `BadPeriod`.
    """
    period = queries.canonical_period(period)
    months, keys = queries.months_of(period), queries.read_scope_keys(session, agency_key)
    first, last = queries.days_of(period)
    line = queries.agency_and_ancestors(session, agency_key)
    agency, province = line[0], line[-1]
    facts = queries.IndexFacts(session, keys, period, queries.choose_shown_instrument(session, keys, months))
    whole, questionnaire, method = facts.headline, facts.own, facts.method
    full, of_province = whole.shown == "full", agency.kind == "province"
    channels = facts.channels if full else []
    return {
        "v": VERSION,
        "edition": wording_editions.PRESENT,
        "scope": "province" if of_province else "agency",
        "agency": {"key": agency.key, "kind": agency.kind, "name": _normal(_name(agency))},
        "period": {"id": period, "kind": queries.period_kind(period)},
        "days": {"first": first, "last": last},
        "instrument": {"id": questionnaire.id, "version": questionnaire.version},
        "versions": list(method.versions),
        "method": method.method,
        "method_version": method.method_version,
        "paper": _normal(build_letterhead(line)),
        "n": whole.n,
        "share": None if whole.satisfied is None else [whole.satisfied, whole.n],
        "index": format_two_places(whole.index),
        "interval": interval_text(whole),
        "shown": whole.shown,
        **_counted(facts),
        "channels": _channels(channels),
        "channel_gap": _gap(dict(channels)),
        "gap": _desk_later(facts.gap) if full else None,
        "second": _second(facts.without_excluded) if full else None,
        "previous": _previous(session, keys, period, questionnaire.id, whole) if comparable else None,
        "province": None
        if of_province
        else _province(session, province.key, agency_key, period, questionnaire.id, whole),
        "target": None if target is None else format_two_places(Decimal(target)),
        "rows": _rows(facts.rows),
        "province_alone": _province_alone(session, agency_key, months) if of_province and full else None,
        "agencies": _agencies(queries.compare_all_agencies(session, agency_key, period, questionnaire.id))
        if of_province
        else None,
        "procedures": None if of_province or not full else _procedures(facts.procedures),
        "practice": practice,
        "code": code,
        "revision": revision,
    }


def _counted(facts: IndexFacts) -> dict[str, Any]:
    """Response rate, dossiers, and what became of other responses (None: fewer than 5); where the number of answers is
    hidden, only the dossiers."""
    dossiers, rate, uncounted = facts.dossiers, facts.response_rate, facts.uncounted
    outcomes = {} if facts.hidden else {
        "counted": facts.answers.counted,
        "superseded": uncounted.superseded, "contested": uncounted.contested,
        "declined": uncounted.declined, "withdrawn": uncounted.withdrawn,
    }  # fmt: skip
    return {
        "response_rate": {"value": format_two_places(rate.value), "denominator": rate.denominator},
        "dossiers": None if dossiers is None else {
            "received": dossiers.received, "closed": dossiers.closed, "on_time": dossiers.on_time,
            "overdue": dossiers.closed - dossiers.on_time, "on_time_rate": format_two_places(dossiers.on_time_rate),
        },
        "by_outcome": outcomes,
        "partial": uncounted.partial,
    }  # fmt: skip


def _channels(channels: Sequence[tuple[str, Figure]]) -> list[dict[str, Any]]:
    """The verified channels; one whose numbers are withheld is not named at all."""
    return [
        {"id": id, "n": figure.n, "index": format_two_places(figure.index), "interval": interval_text(figure)}
        for id, figure in channels
        if id in POOLED and figure.shown != "withheld"
    ]


def _gap(channels: Mapping[str, Figure]) -> str | None:
    """The index at the desk minus the index by QR, in percentage points."""
    kiosk, qr = channels.get(Channel.KIOSK.value), channels.get(Channel.QR.value)
    if kiosk is None or qr is None or kiosk.index is None or qr.index is None:
        return None
    return format_two_places(kiosk.index - qr.index)


def _desk_later(gap: DeskGap) -> dict[str, Any] | None:
    """What was said at the desk against what was said later, as far as it may be told."""
    if gap.difference is None:
        return None
    paired = None if gap.paired is None else {
        "n": gap.paired.pairs, "difference": format_two_places(gap.paired.difference),
        "interval": format_interval_ends(gap.paired.interval),
    }  # fmt: skip
    return {
        "difference": format_two_places(gap.difference),
        "interval": format_interval_ends(gap.interval),
        "paired": paired,
    }


def _second(second: IndexWithoutExcluded) -> dict[str, Any] | None:
    """The figure without the excluded answers; None where it may not be told. Nobody excluded: the same figure."""
    if second.figure is None:
        return None
    return {
        "excluded": second.excluded,
        "index": format_two_places(second.figure.index),
        "interval": interval_text(second.figure),
        "open_flags": second.open_flags,
    }


def _province_alone(session: Session, key: str, months: Collection[str]) -> list[dict[str, Any]]:
    """Trouble met and money asked, for the whole province alone; questions that fewer than 30 answered are left out."""
    return [
        {"id": one.item, "n": one.n, "share": format_two_places(one.share)}
        for one in queries.read_restricted_items(session, key, months)
        if one.share is not None
    ]


def _previous(
    session: Session, keys: Collection[str], period: str, instrument: str, whole: Figure
) -> dict[str, Any] | None:
    """The period before and the way from there; None unless both may be compared and the data hold all of both."""
    before = queries.period_before(period)
    if not queries.data_cover_period(session, keys, before):
        return None
    figure = queries.read_figure(session, keys, queries.months_of(before), instrument)
    change = queries.compare_figures(whole, figure)
    if change is None:
        return None
    return {
        "period": before,
        "index": format_two_places(figure.index),
        "difference": format_two_places(change.difference),
        "beyond_error": change.beyond_error,
    }


def _province(
    session: Session, province_key: str, agency_key: str, period: str, instrument: str, whole: Figure
) -> dict[str, Any] | None:
    """The index of the whole province and how the agency stands to the rest of it."""
    if whole.shown != "full" or province_key == agency_key:
        return None
    figure, verdict = queries.compare_with_province(session, province_key, agency_key, period, instrument)
    if figure.index is None or verdict is None:
        return None
    return {"index": format_two_places(figure.index), "verdict": verdict}


def _rows(rows: Sequence[tuple[str, Figure]]) -> list[dict[str, Any]]:
    """The headline and the factors with their counts, without factors that nobody was asked or that are withheld."""
    has_factors = any(figure.shown != "none" for id, figure in rows[1:])
    return [
        {
            "id": id,
            "n": figure.n,
            "counts": None if figure.counts is None else list(figure.counts),
            "index": format_two_places(figure.index),
        }
        for id, figure in rows[: None if has_factors else 1]
        if figure.shown != "withheld"
    ]


def _agencies(rows: Sequence[AgencyRow]) -> dict[str, int]:
    """How many agencies there are, how many may be shown, and how those stand to the rest of the province."""
    shown_levels = [row.figure.shown for row in rows]
    verdicts = [row.verdict for row in rows]
    return {
        "total": len(rows),
        "enough": shown_levels.count("full"),
        "few": shown_levels.count("n_only") + shown_levels.count("under_5") + shown_levels.count("withheld"),
        "none": shown_levels.count("none"),
        "higher": verdicts.count("higher"),
        "lower": verdicts.count("lower"),
        "undecided": verdicts.count("undecided"),
    }


def _procedures(rows: Sequence[ProcedureRow]) -> dict[str, Any]:
    """How many procedures have 30 answers, and the lowest; which is not named while one of them is withheld."""
    published = [(row.figure.index, row) for row in rows if row.figure.index is not None]
    lowest = min(published, key=lambda pair: (pair[0], pair[1].code))[1] if len(published) > 1 else None
    if lowest is None or any(row.figure.shown == "withheld" for row in rows):
        lowest_facts = None
    else:
        lowest_facts = {
            "name": _normal(dict(lowest.name)), "index": format_two_places(lowest.figure.index), "n": lowest.figure.n,
        }  # fmt: skip
    return {"enough": sum(row.enough for row in rows), "total": len(rows), "lowest": lowest_facts}


def _name(agency: Agency) -> dict[str, str]:
    return dict(LocalText({"vi": agency.name_vi, "en": agency.name_en}))


def _normal(value: Any) -> Any:
    """Texts in NFC throughout, as the canonical profile wants them."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_normal(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _normal(inner) for key, inner in value.items()}
    return value
