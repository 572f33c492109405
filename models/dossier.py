"""Dossier codes: read by patterns that are data, and kept as a keyed reference alone.

The code on a receipt reveals agency and day and is guessable by counting, so it is never an authority to rate and never
stored. Two answers on one dossier are told to belong together by HMAC-SHA-256 under a key of the month, which desks
get with the reference data and which is destroyed when its ties are. The formats change with the law: the patterns
here are the defaults, a province may send others with the reference data.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from models.vocabulary import Stage

#: Longest code that is looked at, in characters.
LONGEST = 60
#: Bytes of a reference.
REFERENCE_BYTES = 16
#: `agency` and `day` (YYMMDD) are what a pattern must name. Sources: QĐ 20/2020/QĐ-TTg (agency ids) with the practice
#: of provincial systems; TT 01/2018/TT-VPCP Điều 19 (the old form).
PATTERNS = (
    r"(?P<agency>[A-Y]\d{2}(?:\.[0-9A-Z]+)*)-(?P<day>\d{6})-\d{4,7}",
    r"(?P<agency>\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})-(?P<day>\d{6})-\d{4,7}",
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")


class BadDossierCode(ValueError):
    """The text is no dossier code in any of the formats."""


@dataclass(frozen=True, slots=True)
class DossierCode:
    """A dossier code, normalised, with the agency's id and the local day it names."""

    text: str
    agency: str
    day: datetime.date

    @property
    def last_two(self) -> str:
        """Its last two digits: all that a citizen is shown of it."""
        return self.text[-2:]


def normalised(text: str) -> str:
    """A code as it is compared: full-width signs and all kinds of dashes made plain, capitals, no spaces around."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip().upper()


def parse(text: str, patterns: Sequence[str] = PATTERNS) -> DossierCode:
    """The dossier code that `text` is, by the first pattern that fits whole. Raises `BadDossierCode`, also for a day
    that does not exist."""
    if len(text) > LONGEST:
        raise BadDossierCode("too long")
    code = normalised(text)
    for pattern in patterns:
        found = re.fullmatch(pattern, code, re.ASCII)
        if found:
            try:
                day = datetime.datetime.strptime(found["day"], "%y%m%d").date()
            except ValueError:
                raise BadDossierCode(f"{found['day']} is no day") from None
            return DossierCode(code, found["agency"], day)
    raise BadDossierCode("in none of the formats")


def transaction(reference: str, stage: Stage) -> str:
    """Under what name the answers about one step of one dossier belong together, on whichever paper they came."""
    return f"{reference}:{stage.value}"


def reference(code: str, month_key: bytes) -> str:
    """What is kept of a code: 32 hex characters. `month_key` are 32 secret bytes of the month the code was used in."""
    tag = hmac.digest(month_key, b"hailong dossier\0" + normalised(code).encode(), hashlib.sha256)
    return tag[:REFERENCE_BYTES].hex()
