"""Phrases for figures in the current language: the same on every page, in summaries and in files.

A change is in percentage points and always says whether it exceeds the margin of error. Where a figure may not be
shown, the words say why.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from admin.statistics.measures.index import Change, Figure
from models.clock import MINUTE_MS
from models.reference.localized_text import LocalText
from translations import current_locale, formats, ngettext
from translations import gettext as _


def localize_text(text: Any) -> str:
    """A text of the data, or a message, in the current language."""
    return text.text(current_locale()) if isinstance(text, LocalText) else str(text)


def describe_count(figure: Figure) -> str:
    """How many answers a figure rests on, as far as that may be said."""
    if figure.n is not None:
        return formats.number(figure.n)
    return "<5" if figure.shown == "under_5" else formats.DASH


def describe_answers(figure: Figure) -> str:
    """The same with the word for answers."""
    return _("%(n)s answers", n=describe_count(figure))


def describe_index(figure: Figure) -> str:
    """The index with one decimal, or a dash."""
    return formats.DASH if figure.index is None else formats.decimal(figure.index)


def describe_interval(figure: Figure) -> str:
    """The 95% interval, or a dash."""
    if figure.interval is None:
        return formats.DASH
    low, high = figure.interval
    return f"{formats.decimal(low)} – {formats.decimal(high)}"


def explain_hidden_index(figure: Figure) -> str:
    """Why a figure shows no index; nothing when it does."""
    return {
        "none": _("No answers yet"),
        "under_5": _("Fewer than 5 answers, not published"),
        "n_only": _("Fewer than 30 answers, not published"),
        "withheld": _("Withheld to protect a small group"),
    }.get(figure.shown, "")


def describe_points(value: Fraction | Decimal) -> str:
    """The size of a difference, without its sign: 1,2."""
    return formats.decimal(value if value >= 0 else -value)


def describe_signed_difference(value: Fraction | Decimal) -> str:
    """A difference with its sign: +1,2 or −0,3."""
    return formats.signed(value)


def describe_change(moved: Change, earlier: str) -> str:
    """How far an index moved since the period named in words: Tăng 1,2 điểm phần trăm so với tháng 9."""
    if not formats.rounded(moved.difference, 1):
        return _("Unchanged since %(before)s", before=earlier)
    if moved.difference > 0:
        return _(
            "Up %(points)s percentage points since %(before)s", points=describe_points(moved.difference), before=earlier
        )
    return _(
        "Down %(points)s percentage points since %(before)s", points=describe_points(moved.difference), before=earlier
    )


def describe_change_certainty(moved: Change) -> str:
    """Whether a change is more than chance."""
    return _("beyond the margin of error") if moved.beyond_error else _("within the margin of error")


def compare_with_target(figure: Figure, target: Decimal | None) -> str:
    """How an index stands to the goal; nothing without either."""
    if target is None or figure.index is None:
        return ""
    distance = figure.index - Fraction(target)
    if not formats.rounded(distance, 1):
        return _("meets the target")
    if distance > 0:
        return _("%(points)s percentage points above the target", points=describe_points(distance))
    return _("%(points)s percentage points below the target", points=describe_points(distance))


def describe_target(value: Decimal) -> str:
    """A target: 90 or 92,5."""
    return formats.decimal(value, 0 if value == value.to_integral_value() else 1)


def describe_verdict(value: str | None) -> str:
    """How an agency stands to the rest of its province."""
    return {
        "higher": _("higher than the province"),
        "lower": _("lower than the province"),
        "undecided": _("no sufficient ground to conclude"),
    }.get(value or "", "")


def describe_standing(value: str | None) -> str:
    """The same under a heading that names the province."""
    words = {"higher": _("higher"), "lower": _("lower"), "undecided": _("no sufficient ground to conclude")}
    return words.get(value or "", "")


def describe_time_ago(ms: int | None, now_ms: int) -> str:
    """How long ago something was, in the largest fitting unit."""
    if ms is None:
        return _("never")
    minutes = max(0, now_ms - ms) // MINUTE_MS
    if minutes < 2:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes)
    if minutes < 48 * 60:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", minutes // 60)
    return ngettext("%(n)s day ago", "%(n)s days ago", minutes // 1440)


def describe_clock_offset(ms: int | None) -> str:
    """How far a clock is off: +3 s in whole seconds below a minute, then in words: 3 h 5 min behind."""
    if ms is None:
        return formats.DASH
    seconds, minutes = round(ms / 1000), abs(ms) // MINUTE_MS
    if minutes:
        if minutes < 60:
            far = _("%(n)s min", n=minutes)
        elif minutes < 24 * 60:
            far = _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)
        else:
            days = minutes // 1440
            far = ngettext("%(number)s day", "%(number)s days", days, number=formats.number(days))
        return _("%(far)s ahead", far=far) if ms > 0 else _("%(far)s behind", far=far)
    return _("%(seconds)s s", seconds=formats.signed(seconds, 0))


def describe_disk_space(megabytes: int | None) -> str:
    """Free room on a device."""
    if megabytes is None:
        return formats.DASH
    return f"{formats.decimal(Fraction(megabytes, 1024))} GB" if megabytes >= 1024 else f"{megabytes} MB"


def capitalize_first(text: str) -> str:
    """The text with a capital at the beginning."""
    return text[:1].upper() + text[1:]


def describe_data_end(ms: int) -> str:
    """Up to when figures are complete: số liệu đến 06:00 ngày 01/11/2026."""
    return _("figures as of %(time)s on %(day)s", time=formats.time_of_day(ms), day=formats.day_of(ms))


def describe_moment(ms: int) -> str:
    """A moment as staff read it beside a count: 09:42 ngày 21/11/2026."""
    return _("%(time)s on %(day)s", time=formats.time_of_day(ms), day=formats.day_of(ms))


def describe_day(value: str) -> str:
    """A local day given as `2026-08-01`; empty stays empty."""
    return formats.day(datetime.date.fromisoformat(value)) if value else ""


def join_names(names: list[str], most: int) -> str:
    """The first names, and how many others."""
    text = ", ".join(names[:most])
    rest = len(names) - most
    return text if rest <= 0 else ngettext("%(names)s and %(n)s other", "%(names)s and %(n)s others", rest, names=text)
