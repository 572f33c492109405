"""Formats of numbers, shares, days and months in the current language: 86,4% · 48.216 · 14/10/2026.

Papers of Vietnamese offices write days as dd/mm/yyyy in full; the patterns are therefore set here, not taken from
CLDR's short forms. Other languages take the Vietnamese forms, with the decimal sign their folder names.
"""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import translations
from translations import discovery

HCM = ZoneInfo("Asia/Ho_Chi_Minh")


def _signs() -> tuple[str, str]:
    """Decimal sign, thousands sign."""
    found = discovery.language(translations.current_locale())
    return (".", ",") if found and found.decimal_sign == "." else (",", ".")


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
    return text.translate(str.maketrans({",": comma, ".": point}))


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


def month(period: str) -> str:
    """A month given as `2026-10`: 10/2026."""
    year, number_of_month = period.split("-")[:2]
    return f"{number_of_month}/{year}"


def moment(ms: int) -> str:
    """A point in time given in milliseconds since 1970 (UTC), as day and time of Asia/Ho_Chi_Minh."""
    local = datetime.datetime.fromtimestamp(ms / 1000, HCM)
    return f"{day(local.date())} {local:%H:%M}"
