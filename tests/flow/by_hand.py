"""The index computed by hand from raw entries, with nothing of the centre's code: JSON, arithmetic and the rules."""

from __future__ import annotations

import datetime
import json
import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from models.database import sqlite_driver  # two copies of SQLite in one process must not open one file

HCM = datetime.timezone(datetime.timedelta(hours=7))
Z = Decimal("1.959964")


def two_places(value: Fraction | Decimal) -> str:
    """Half up, two decimals, from the exact value."""
    if isinstance(value, Fraction):
        hundredths = value * 100
        return str(Decimal((2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)) / 100)
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def padded(text: str) -> str:
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}"


def wilson(satisfied: int, n: int) -> list[str]:
    """Wilson's interval in percent, from its definition."""
    p, z, size = Decimal(satisfied) / n, Z, Decimal(n)
    centre = (p + z * z / (2 * size)) / (1 + z * z / size)
    half = z * (p * (1 - p) / size + z * z / (4 * size * size)).sqrt() / (1 + z * z / size)
    low, high = max(Decimal(0), centre - half), min(Decimal(1), centre + half)
    return [str((end * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)) for end in (low, high)]


def months(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """(agency, month) → n, index, interval and distribution of the overall question, out of the table `entry`.

    Every simulated time lies in its window (the desks' clocks are right), so the claimed time is the corrected one.
    """
    store = sqlite_driver().connect(f"file:{path}?mode=ro", uri=True)
    slips: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    given: dict[str, tuple[str, str, int]] = {}
    ties = dict(store.execute("SELECT id, value FROM sidecar WHERE kind = 'r'"))
    for (raw,) in store.execute("SELECT bytes FROM entry"):
        entry = json.loads(raw)
        if entry["typ"] != "rating" or entry["p"]["state"] not in ("complete", "partial"):
            continue
        p = entry["p"]
        day = datetime.datetime.fromtimestamp(entry["t"] / 1000, HCM)
        score = dict(p["answers"])["overall"]
        given[entry["id"]] = (p["agency"], f"{day:%Y-%m}", score)
        if entry["id"] in ties:
            slips[ties[entry["id"]]].append((score, entry["t"], entry["id"]))
    store.close()
    for answers in slips.values():
        for _score, _t, loser in sorted(answers)[1:]:
            del given[loser]
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for agency, month, score in given.values():
        counts[agency, month][score] += 1
        counts["NB", month][score] += 1
    found = {}
    for place, by_score in counts.items():
        n, top2 = sum(by_score), by_score[4] + by_score[5]
        assert math.isfinite(n) and n > 0
        found[place] = {
            "n": n,
            "index": padded(two_places(Fraction(100 * top2, n))),
            "interval": wilson(top2, n),
            "distribution": {str(score): by_score[score] for score in range(1, 6)},
        }
    return found
