"""The table of an agency's legal indicators: the same rows for the page, its file and the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from admin.statistics.legal import q766, tt01
from admin.statistics.legal.agency_indicators import HandledDossiers, Indicator, LegalIndicators
from models.reference.localized_text import LocalText
from translations import formats, lazy
from translations import gettext as _

#: The classes of the circular, best first, in the reader's language.
CLASSES = dict(zip(
    (name for _floor, name in tt01.class_floors("unit")),
    (lazy("excellent"), lazy("good"), lazy("fair"), lazy("average"), lazy("weak")),
    strict=True,
))  # fmt: skip
SOURCES = {
    "software": lazy("from the one-stop software: dates, feedback and petitions"),
    "form": lazy("from citizens: paper form, device or online"),
    "check": lazy("from checks and reports of the agency"),
}
_MOST = tt01.MOST * len(tt01.list_total_indicators("unit"))


@dataclass(frozen=True)
class IndicatorRow:
    """One of the nine as the page shows it. `width` is its share of two points, 0 to 100."""

    number: str
    name: LocalText
    source: Any
    found: Indicator
    width: float

    @property
    def why(self) -> str:
        """Why there is no index; empty when there is one."""
        if self.found.state == "under_5":
            return _("fewer than 5 dossiers, not shown")
        return "" if self.found.state == "known" else _("no counts were sent")


@dataclass(frozen=True)
class ScaleClass:
    """One class on the scale of the total: from how many points on it holds, its begin and width (0 to 100),
    and whether the total is in it."""

    words: Any
    floor: int
    start: float
    width: float
    here: bool


@dataclass(frozen=True)
class IndicatorPage:
    """The page. `total` reads 13,4; `place` is where it stands on the scale of all points, 0 to 100, `rescaled_place`
    where it would stand with all nine, None when they are complete."""

    legal: LegalIndicators
    rows: tuple[IndicatorRow, ...]
    total: str
    most: int
    class_words: Any
    classes: tuple[ScaleClass, ...]
    place: float
    rescaled: str
    rescaled_place: float | None
    missing: str

    @property
    def summary(self) -> str:
        """The drawing in a sentence."""
        return _("%(total)s of %(most)s points: %(class)s", total=self.total, most=self.most,
                 **{"class": str(self.class_words)})  # fmt: skip


def build_indicator_page(legal_indicators: LegalIndicators) -> IndicatorPage:
    """What the page shows of the legal indicators."""
    rows = tuple(_make_row(one) for one in legal_indicators.indicators)
    total = legal_indicators.total
    if total is None:
        return IndicatorPage(legal_indicators, rows, "", _MOST, "", (), 0, "", None, "")
    return IndicatorPage(
        legal=legal_indicators,
        rows=rows,
        total=formats.decimal(total.total, 1),
        most=total.most,
        class_words=CLASSES[total.band],
        classes=tuple(_make_scale_classes(total.band)),
        place=float(100 * total.total / _MOST),
        rescaled=formats.decimal(total.rescaled, 1),
        rescaled_place=None if total.complete else float(100 * total.rescaled / _MOST),
        missing=", ".join(one.number for one in legal_indicators.missing),
    )


def _make_row(one: Indicator) -> IndicatorRow:
    words = tt01.describe_indicator(one.number)
    width = 0.0 if one.index is None else float(100 * one.index / tt01.MOST)
    return IndicatorRow(one.number, LocalText({"vi": words.vi, "en": words.en}), SOURCES[words.source], one, width)


def _make_scale_classes(band: str) -> Iterator[ScaleClass]:
    end = Decimal(_MOST)
    for floor, name in tt01.class_floors("unit"):
        start, width = 100 * floor / _MOST, 100 * (end - floor) / _MOST
        yield ScaleClass(CLASSES[name], int(floor), float(start), float(width), name == band)
        end = floor


def build_indicator_rows(page: IndicatorPage, title: str) -> Iterator[list[str]]:
    """The page as rows of a file, the header first."""
    yield [_("Part"), _("Number"), _("Name"), _("2 points"), _("1 point"), _("0 points"), _("Count"), _("Value"),
           _("Out of"), _("Remark")]  # fmt: skip
    part = _("Circular 01/2018")
    for row in page.rows:
        counts = [str(n) for n in reversed(row.found.points or ())] or [""] * 3
        value = "" if row.found.index is None else formats.decimal(row.found.index, 1)
        remark = row.why or str(row.source)
        count = str(row.found.n) if row.found.points else ""
        yield [part, row.number, row.name.text(_locale()), *counts, count, value, str(tt01.MOST), remark]
    if page.legal.total is not None:
        words = str(page.class_words)
        if page.missing:
            words = _("%(class)s, without %(missing)s", missing=page.missing, **{"class": words})
        yield [part, "", f"{_('Total')}, {title}", *[""] * 4, page.total, str(page.most), words]
    yield from _handled_cells(page.legal.handled)


def _handled_cells(handled: HandledDossiers | None) -> Iterator[list[str]]:
    part = _("Decision 766, 5.4")
    if handled is None:
        return
    if handled.state == "under_5":
        yield [part, "5.4", *[""] * 7, _("fewer than 5 dossiers, not shown")]
        return
    for name, count in describe_handled_counts(handled):
        yield [part, "5.4", name, *[""] * 3, str(count), "", "", ""]
    if handled.indicator is None:
        yield [part, "5.4", *[""] * 7, _("The counts contradict each other.")]
        return
    for name, form in (
        (_("as on the national portal (sum)"), handled.indicator.sum),
        (_("as the decision says (union)"), handled.indicator.union),
    ):
        yield [part, "5.4", f"{name}, %", *[""] * 4, formats.decimal(form.rate, 2), "100", ""]
        points = formats.decimal(form.points, 2)
        yield [part, "5.4", _("%(form)s, points", form=name), *[""] * 4, points, str(q766.full_points()), ""]


def describe_handled_counts(handled: HandledDossiers) -> list[tuple[str, int]]:
    """What indicator 5.4 is made of, in words."""
    return [
        (_("dossiers closed"), handled.closed),
        (_("overdue"), handled.overdue),
        (_("with a complaint, petition or dislike"), handled.complained),
        (_("both"), handled.both),
    ]


def _locale() -> str:
    from translations import current_locale

    return current_locale()


def build_indicator_document(agency_key: str, period: str, legal_indicators: LegalIndicators) -> dict[str, Any]:
    """The document that `hailong admin indicators --json` prints: figures as decimal strings, null where there is
    none."""
    total = legal_indicators.total
    return {
        "agency": agency_key,
        "period": period,
        "months_with_counts": list(legal_indicators.months),
        "agencies_with_counts": legal_indicators.agencies,
        "tt01": {
            "source": tt01.rules_source(),
            "indices": [
                {
                    "id": one.number,
                    "name": tt01.describe_indicator(one.number).vi,
                    "per": tt01.describe_indicator(one.number).per,
                    "from": tt01.describe_indicator(one.number).source,
                    "state": one.state,
                    "n": one.n if one.points else None,
                    "points": {str(p): n for p, n in enumerate(one.points)} if one.points else None,
                    "index": None if one.index is None else str(one.index),
                    "columns": one.columns.split(", "),
                }
                for one in legal_indicators.indicators
            ],
            "total": None if total is None else str(total.total),
            "most": None if total is None else total.most,
            "complete": total is not None and total.complete,
            "missing": [one.number for one in legal_indicators.missing],
            "band": None if total is None else total.band,
            "rescaled": None if total is None else str(total.rescaled),
        },
        "q766_5_4": _handled_document(legal_indicators.handled),
    }


def _handled_document(handled: HandledDossiers | None) -> dict[str, Any] | None:
    if handled is None:
        return None
    forms: dict[str, Any] = {"sum": None, "union": None}
    if handled.indicator is not None:
        for name, form in (("sum", handled.indicator.sum), ("union", handled.indicator.union)):
            forms[name] = {"rate": _format_two_places(form.rate), "points": _format_two_places(form.points)}
    counts = [handled.closed, handled.overdue, handled.complained, handled.both]
    names = ("dossiers", "overdue", "complained", "overdue_and_complained")
    hidden = handled.state == "under_5"
    return {
        "source": q766.rule_source(),
        "state": handled.state,
        **{name: None if hidden else count for name, count in zip(names, counts, strict=True)},
        "most": str(q766.full_points()),
        **forms,
    }


def _format_two_places(value: Fraction) -> str:
    return f"{formats.rounded(value, 2)}"
