"""The index of an agency in a period as one JSON document: what `hailong admin index` prints and the API gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import methods, reading, slip_rates, small
from admin.figures.breakdowns import factor_figures, headline
from admin.figures.index import Answers, Figure, show
from admin.figures.methods.top2 import OVERALL_ITEM
from admin.figures.periods import months_of
from admin.figures.questionnaires import Questionnaire, choose_instrument, questionnaire
from admin.figures.rates import dossiers, response_rate
from admin.figures.scope import scope_keys
from models.agency import StoredInstrument
from models.tallies import TallyMonth
from models.vocabulary import SCORES, Outcome
from translations.formats import rounded


def index_document(
    session: Session,
    agency_key: str,
    period: str,
    instrument: str | None = None,
    method: str | None = None,
    unsuppressed: bool = False,
) -> dict[str, Any]:
    """The document of the public contract; decimals are strings with two places, what is suppressed is null.

    `n` and `index` are the headline, all channels but the poster; `others` what stands apart from it. `excluded.n`
    is how many answers two persons excluded, its index the one without them. `suppressed` says whether the headline
    is held back. Whoever asks for `unsuppressed` writes the audit row. Raises `UnknownAgency`, `BadPeriod` and
    `UnknownMethod`.
    """
    months, keys = months_of(period), scope_keys(session, agency_key)
    asked = questionnaire(session, instrument or choose_instrument(session, keys, months))
    if method is not None:
        asked = replace(asked, method=methods.method(method))
    found = reading.answers_by(session, (TallyMonth.channel, TallyMonth.excluded), keys, months, asked, channels=None)
    pooled = {group: answers for group, answers in found.items() if group[0] in reading.POOLED}
    answers = reading.merged(list(pooled.values()))
    rows = factor_figures(answers, asked, unsuppressed=unsuppressed)
    whole = rows[0][1]
    rate = response_rate(session, keys, months, asked.id, unsuppressed=unsuppressed)
    counted = dossiers(session, keys, months)
    slips = slip_rates.slips(session, keys, months, asked.id, counted, unsuppressed=unsuppressed)
    hidden = whole.shown == "under_5"
    return {
        "agency": agency_key,
        "period": period,
        "instrument": asked.id,
        "method": asked.method.id,
        **_numbers(whole),
        "distribution": distribution(whole),
        "factors": [{"id": id, **_numbers(figure)} for id, figure in rows if id != OVERALL_ITEM],
        "response_rate": {"value": None if hidden else two_places(rate.value), "denominator": rate.denominator},
        **slip_rates.entries(slips, two_places),
        "by_outcome": None if hidden else by_outcome(answers),
        "excluded": _excluded(pooled, asked, whole, unsuppressed),
        "suppressed": whole.shown not in ("full", "none"),
        "others": _others(session, keys, months, asked, found, unsuppressed),
    }


def two_places(value: Fraction | Decimal | None) -> str | None:
    """A number as the contract writes it: two decimals, rounded half up from the exact value."""
    return None if value is None else str(rounded(value, 2))


def interval_text(figure: Figure) -> list[str] | None:
    """Both ends of the interval with two decimals."""
    return None if figure.interval is None else [str(rounded(end, 2)) for end in figure.interval]


def distribution(figure: Figure) -> dict[str, int] | None:
    """Score → how many chose it; for an instrument without overall question, over all its items."""
    if figure.counts is None:
        return None
    return {str(score): count for score, count in zip(SCORES, figure.counts, strict=True)}


def by_outcome(answers: Answers) -> dict[str, Any]:
    """How many responses were counted, superseded, contested and not counted, and the reasons of the last."""
    found: dict[str, Any] = {outcome.value: 0 for outcome in Outcome}
    reasons: dict[str, int] = {}
    for value, n in sorted(answers.outcomes.items()):
        outcome, _, reason = value.partition(":")
        found[outcome] += n
        if reason:
            reasons[reason] = n
    return found | {"reasons": reasons}


def _numbers(figure: Figure) -> dict[str, Any]:
    return {"n": figure.n, "index": two_places(figure.index), "interval": interval_text(figure)}


def _excluded(
    pooled: Mapping[reading.Group, Answers], asked: Questionnaire, whole: Figure, unsuppressed: bool
) -> dict[str, Any]:
    """The second figure: without the answers under an exclusion, if their number may be told."""
    kept = reading.merged([answers for (_, excluded), answers in pooled.items() if not excluded])
    out = headline(reading.merged([answers for (_, excluded), answers in pooled.items() if excluded]), asked).n
    second = show(headline(kept, asked), unsuppressed=unsuppressed)
    telling = unsuppressed or (whole.shown in ("full", "none") and small.difference_shown(out))
    return {
        "n": out if telling else None,
        "index": two_places(second.index) if telling else None,
        "interval": interval_text(second) if telling else None,
        "open_flags": 0,
    }


def _others(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    asked: Questionnaire,
    found: Mapping[reading.Group, Answers],
    unsuppressed: bool,
) -> list[dict[str, Any]]:
    """What the headline leaves apart: the poster, and every channel of the other instruments."""
    apart = {channel for channel, _ in found if channel not in reading.POOLED}
    rows = [(asked, channel, _channel(found, channel)) for channel in apart]
    for name in session.scalars(select(StoredInstrument.id).where(StoredInstrument.id != asked.id).distinct()):
        other = questionnaire(session, name)
        groups = reading.answers_by(session, (TallyMonth.channel,), keys, months, other, channels=None)
        rows += [(other, channel, answers) for (channel,), answers in groups.items()]
    entries = []
    for other, channel, answers in rows:
        figure = show(headline(answers, other), unsuppressed=unsuppressed)
        if figure.shown != "none":
            numbers = {"n": figure.n, "index": two_places(figure.index)}
            entries.append({"instrument": other.id, "channel": channel, **numbers})
    return sorted(entries, key=lambda entry: (entry["instrument"], entry["channel"]))


def _channel(found: Mapping[reading.Group, Answers], channel: str) -> Answers:
    return reading.merged([answers for group, answers in found.items() if group[0] == channel])
