"""The index document: an agency's index in a period as JSON, as `hailong admin index` prints it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from admin.statistics import index_without_excluded, response_outcomes, slip_usage, slips_missing_in_ledger
from admin.statistics.data_completeness import read_data_completeness
from admin.statistics.index_facts import IndexFacts
from admin.statistics.measures.index import Figure
from admin.statistics.measures.periods import months_of
from admin.statistics.methods.top2 import OVERALL_ITEM
from admin.statistics.tallies.agency_tree import read_parents, read_scope_keys
from admin.statistics.tallies.questionnaire_items import choose_instrument
from admin.statistics.tallies.recount import PARTIAL
from models.clock import HCM
from models.vocabulary import SCORES
from translations.formats import rounded


def build_index_document(
    session: Session,
    agency_key: str,
    period: str,
    instrument: str | None = None,
    method: str | None = None,
    unsuppressed: bool = False,
) -> dict[str, Any]:
    """The document of the public contract; decimals are strings with two places, what is suppressed is null.

    `n` and `index` are the headline, all channels but the poster; `others` what stands apart from it. `excluded.n`
    is how many answers two persons excluded, its index the one without them. `received` is all that came in, whichever
    way and to whichever questionnaire (`came_in`). `suppressed` says whether the headline is held back; `as_of` up to
    when something of these agencies arrived. `channels` and `stages` stand beside it; `gap` is desk minus phone.
    By the instrument's own method alone: `weighted` weighs stages by their dossiers, `bounds` hold whatever those think
    who did not answer. Whoever asks for `unsuppressed` writes the audit row. Raises `UnknownAgency`, `BadPeriod` and
    `UnknownMethod`.
    """
    months, keys = months_of(period), read_scope_keys(session, agency_key)
    chosen = instrument or choose_instrument(session, keys, months)
    facts = IndexFacts(session, keys, period, chosen, method, unsuppressed=unsuppressed)
    whole = facts.headline
    top = read_parents(session)[agency_key] is None
    return {
        "agency": agency_key,
        "period": period,
        "instrument": facts.asked.id,
        "instrument_versions": [str(version) for version in facts.method.versions],
        "method": facts.method.method,
        "method_version": str(facts.method.method_version),
        **figure_numbers(whole),
        "distribution": score_distribution(whole),
        "factors": [{"id": id, **figure_numbers(figure)} for id, figure in facts.rows if id != OVERALL_ITEM],
        "response_rate": {
            "value": None if whole.n is None else format_two_places(facts.response_rate.value),
            "denominator": facts.response_rate.denominator,
        },
        **slip_usage.make_slip_entries(facts.slips, format_two_places),
        "by_outcome": None if facts.hidden else facts.outcomes | {"partial": sum(facts.answers.item(PARTIAL))},
        "received": None if facts.hidden else _received(facts, top=top),
        "excluded": excluded_entry(facts.without_excluded),
        "suppressed": whole.shown not in ("full", "none"),
        "as_of": _as_of(read_data_completeness(session, keys).ms),
        "others": [
            {"instrument": instrument, "channel": channel, "n": figure.n, "index": format_two_places(figure.index)}
            for instrument, channel, figure in facts.poster_and_others
        ],
        **_breakdowns(facts),
        "bounds": None if facts.bounds is None else format_interval_ends((facts.bounds.low, facts.bounds.high)),
    }


def _as_of(ms: int | None) -> str | None:
    """Up to when something arrived, in Vietnam's time (`2026-11-21T06:00:00+07:00`)."""
    return None if ms is None else datetime.fromtimestamp(ms // 1000, HCM).isoformat()


def format_two_places(value: Fraction | Decimal | None) -> str | None:
    """A number as the contract writes it: two decimals, rounded half up from the exact value."""
    return None if value is None else str(rounded(value, 2))


def format_interval_ends(interval: tuple[Decimal, Decimal] | tuple[Fraction, Fraction] | None) -> list[str] | None:
    """Both ends of an interval with two decimals."""
    return None if interval is None else [str(rounded(end, 2)) for end in interval]


def interval_text(figure: Figure) -> list[str] | None:
    """Both ends of a figure's interval with two decimals."""
    return format_interval_ends(figure.interval)


def figure_numbers(figure: Figure) -> dict[str, Any]:
    """How many answers, the index and its interval."""
    return {"n": figure.n, "index": format_two_places(figure.index), "interval": interval_text(figure)}


def score_distribution(figure: Figure) -> dict[str, int] | None:
    """Score → how many chose it; for an instrument without overall question, over all its items."""
    if figure.counts is None:
        return None
    return {str(score): count for score, count in zip(SCORES, figure.counts, strict=True)}


def excluded_entry(second: index_without_excluded.IndexWithoutExcluded) -> dict[str, Any]:
    """The second figure: how many answers it leaves out, and the index without them."""
    return {
        "n": second.excluded,
        "index": format_two_places(second.figure.index) if second.figure else None,
        "interval": interval_text(second.figure) if second.figure else None,
        "open_flags": second.open_flags,
    }


def _received(facts: IndexFacts, *, top: bool) -> dict[str, Any]:
    """All that came in beside a headline that is told; `top`: no agency is above this one, so what stands under none is
    told here."""
    session, keys, months, instrument = facts.session, facts.keys, facts.months, facts.own.id
    counts = response_outcomes.count_response_outcomes(session, keys, months)
    return response_outcomes.make_outcome_entry(
        counts,
        slips_missing_in_ledger.count_doubtful_slips(session, keys, months),
        instrument,
        others=response_outcomes.may_publish_total(session, keys, months, counts, instrument),
        excluded=facts.without_excluded.excluded is not None,
        elsewhere=response_outcomes.count_without_agency(session, months) if top else None,
        unsuppressed=facts.unsuppressed,
    )


def _breakdowns(facts: IndexFacts) -> dict[str, Any]:
    """The headline taken apart."""
    gap, weighted = facts.gap, facts.stage_weighted
    return {
        "channels": [{"id": id, **figure_numbers(figure)} for id, figure in facts.channels],
        "stages": [{"id": id, **figure_numbers(figure)} for id, figure in facts.stages],
        "gap": {
            "difference": format_two_places(gap.difference),
            "interval": format_interval_ends(gap.interval),
            "pairs": gap.pairs,
            "paired": None if gap.paired is None else {
                "desk": format_two_places(gap.paired.desk), "later": format_two_places(gap.paired.later),
                "difference": format_two_places(gap.paired.difference),
                "interval": format_interval_ends(gap.paired.interval),
            },
        },
        "weighted": None if weighted is None else {
            "index": format_two_places(weighted.index), "interval": format_interval_ends(weighted.interval),
            "stages": list(weighted.stages), "left_out": list(weighted.left_out), "dossiers": weighted.dossiers,
        },
    }  # fmt: skip
