"""The verification page: an issued report's frozen figures, to be compared with a printed paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from admin.presentation import charts, period_words, phrases
from admin.reports.document import wording
from models.reference.localized_text import LocalText
from translations import formats
from translations import gettext as _


@dataclass(frozen=True)
class VerificationRow:
    """One figure of the paper: its name, how many answers, and the index, as printed."""

    name: str
    n: str
    index: str
    counts: tuple[int, ...] | None
    bar: charts.Bar | None


@dataclass(frozen=True)
class VerificationPage:
    """The paper in figures."""

    name: LocalText
    period: str
    days: str
    code: str
    revision: int
    practice: bool
    index: str
    interval: str
    n: str
    why: str
    rate: str
    diverging: charts.DivergingBars
    rows: list[VerificationRow]


def build_verification_page(figures: Mapping[str, Any]) -> VerificationPage:
    """The page of a figures document (version 1); what the paper holds back the page holds back."""
    full = wording.may_show_index(figures)
    rows = figures["rows"] if full else []
    plain = [figures.get("share") is not None or row["id"] != "overall" for row in rows]
    chart = charts.make_diverging_bars(
        [row["counts"] if shares else None for row, shares in zip(rows, plain, strict=True)]
    )
    rate = figures["response_rate"]["value"]
    return VerificationPage(
        name=LocalText(figures["agency"]["name"]),
        period=period_words.describe_period(figures["period"]["id"]),
        days=_days(figures),
        code=figures["code"],
        revision=figures["revision"],
        practice=figures["practice"],
        index=wording.index_words(figures) if full else "",
        interval=_interval(figures) if full else "",
        n=wording.count_words(figures),
        why="" if full else _why(figures),
        rate="" if rate is None else formats.percent(rate),
        diverging=chart,
        rows=[_row(row, bar) for row, bar in zip(rows, chart.bars, strict=True)],
    )


def _interval(figures: Mapping[str, Any]) -> str:
    return " – ".join(formats.decimal(end) for end in figures["interval"] or ())


def _days(figures: Mapping[str, Any]) -> str:
    """The first and the last day of the period; nothing on papers that do not name them."""
    days = figures.get("days")
    return f"{phrases.describe_day(days['first'])} – {phrases.describe_day(days['last'])}" if days else ""


def _row(row: Mapping[str, Any], bar: charts.Bar | None) -> VerificationRow:
    counts = row["counts"]
    exact = Fraction(100 * sum(counts[3:]), sum(counts)) if bar is not None else row["index"]
    return VerificationRow(
        wording.factor_label(row["id"]),
        formats.DASH if row["n"] is None else formats.number(row["n"]),
        formats.DASH if row["index"] is None else formats.decimal(exact),
        tuple(counts) if counts else None,
        bar,
    )


def _why(figures: Mapping[str, Any]) -> str:
    if figures["n"] == 0:
        return _("No answers yet")
    if figures["shown"] == "withheld":
        return _("Withheld to protect a small group")
    return _("Fewer than 5 answers, not published") if figures["shown"] == "under_5" else _(
        "Fewer than 30 answers, not published"
    )
