"""Formats of numbers, shares, days and months in the current language: 86,4% · 48.216 · 14/10/2026.

Papers of Vietnamese offices write days as dd/mm/yyyy in full; the patterns are therefore set here, not taken from
CLDR's short forms. Other languages take the Vietnamese forms, with the decimal sign their folder names.
"""

from __future__ import annotations

import datetime
import shutil
import textwrap
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TextIO
from zoneinfo import ZoneInfo

import translations
from translations import discovery

HCM = ZoneInfo("Asia/Ho_Chi_Minh")

#: The minus sign of figures people read; files that programs read have the hyphen.
MINUS = "−"
#: What stands where there is no figure, and between the two ends of a range.
DASH = "–"


def _signs() -> tuple[str, str]:
    """Decimal sign, thousands sign."""
    language = discovery.find_language(translations.current_locale())
    return (".", ",") if language and language.decimal_sign == "." else (",", ".")


def rounded(value: Fraction | Decimal | str | int, places: int) -> Decimal:
    """`value` rounded half up to `places` decimals, from the exact fraction (never from a rounded one)."""
    step = Decimal(1).scaleb(-places)
    if isinstance(value, Fraction):
        scaled = value * 10**places
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        if scaled < 0:
            positive = -scaled
            whole = -((2 * positive.numerator + positive.denominator) // (2 * positive.denominator))
        return Decimal(whole).scaleb(-places)
    return Decimal(value).quantize(step, rounding=ROUND_HALF_UP)


def decimal(value: Fraction | Decimal | str | int, places: int = 1) -> str:
    """A number with `places` decimals: 86,4 in Vietnamese, 86.4 in English."""
    point, comma = _signs()
    text = f"{rounded(value, places):,.{places}f}"
    return text.translate(str.maketrans(",.", comma + point))


def signed(value: Fraction | Decimal | str | int, places: int = 1) -> str:
    """A difference with its sign: +1,2 or −0,3; one that rounds to nought has none."""
    exact = rounded(value, places)
    return f"{'+' if exact > 0 else MINUS if exact < 0 else ''}{decimal(abs(exact), places)}"


def number(value: int) -> str:
    """A whole number with thousands signs: 48.216."""
    return decimal(value, 0)


def percent(value: Fraction | Decimal | str | int, places: int = 1) -> str:
    """A percentage given in hundredths of the whole (86.4 means 86,4%)."""
    return f"{decimal(value, places)}%"


def day(value: datetime.date) -> str:
    """A day: 14/10/2026 in Vietnamese, 14 Oct 2026 in English."""
    if translations.current_locale() == "en":
        return f"{value.day} {value:%b %Y}"
    return f"{value:%d/%m/%Y}"


def short_day(value: datetime.date) -> str:
    """A day of the present year: 14/10 in Vietnamese, 14 Oct in English."""
    return f"{value.day} {value:%b}" if translations.current_locale() == "en" else f"{value:%d/%m}"


def month(period: str) -> str:
    """A month given as `2026-10`: 10/2026."""
    year, number_of_month = period.split("-")[:2]
    return f"{number_of_month}/{year}"


def moment(ms: int) -> str:
    """A point in time given in milliseconds since 1970 (UTC), as day and time of Asia/Ho_Chi_Minh."""
    return f"{day_of(ms)} {time_of_day(ms)}"


def day_of(ms: int) -> str:
    """The day of a point in time (milliseconds since 1970, UTC) in Asia/Ho_Chi_Minh: 14/10/2026."""
    return day(datetime.datetime.fromtimestamp(ms / 1000, HCM).date())


def time_of_day(ms: int) -> str:
    """The time on a clock in Asia/Ho_Chi_Minh at a point in time (milliseconds since 1970, UTC): 09:42."""
    return f"{datetime.datetime.fromtimestamp(ms / 1000, HCM):%H:%M}"


def fold_text(text: str, stream: TextIO, hang: int = 0) -> str:
    """`text` for `stream` (stdout or stderr): its lines as they are, or folded to the width of a terminal, which would
    break them within a word; what follows in a line is indented by `hang` columns."""
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(fold_line(line, width, hang) for line in text.split("\n"))


def fold_line(line: str, width: int, hang: int = 0) -> str:
    """One line as lines of at most `width` columns; what has no space, such as a path, is never broken."""
    if len(line) <= width:
        return line
    return textwrap.fill(
        line, max(width, hang + 20), subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False, expand_tabs=False,
    )  # fmt: skip
