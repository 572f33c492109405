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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.vocabulary import Stage

#: Longest code that is looked at, in characters.
LONGEST = 60
#: Bytes of a reference.
REFERENCE_BYTES = 16
#: How many months one text names at most. Keys in use are five at once: of the next month, of the present one, and of
#: those that ended less than 60 days ago; a centre whose clock was wrong and was set right may have a few more.
MOST_MONTHS = 8
#: `agency` and `day` (YYMMDD) are what a pattern must name. Sources: QĐ 20/2020/QĐ-TTg (agency ids) with the practice
#: of provincial systems; TT 01/2018/TT-VPCP Điều 19 (the old form).
PATTERNS = (
    r"(?P<agency>[A-Y]\d{2}(?:\.[0-9A-Z]+)*)-(?P<day>\d{6})-\d{4,7}",
    r"(?P<agency>\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})-(?P<day>\d{6})-\d{4,7}",
)
_NAMED = re.compile(r"(?:(?P<month>20\d{2}-(?:0[1-9]|1[0-2]))=)?(?P<reference>[0-9a-f]{32})", re.ASCII)
#: Longest text that names references, in characters: each with its month and the signs between them, and the stage.
_LONGEST_NAMED = MOST_MONTHS * (2 * REFERENCE_BYTES + 9) + max(len(stage.value) for stage in Stage)
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


def normalise_code(text: str) -> str:
    """A code as it is compared: full-width signs and all kinds of dashes made plain, capitals, no spaces around."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip().upper()


def parse(text: str, patterns: Sequence[str] = PATTERNS) -> DossierCode:
    """The dossier code that `text` is, by the first pattern that fits whole. Raises `BadDossierCode`, also for a day
    that does not exist."""
    if len(text) > LONGEST:
        raise BadDossierCode("too long")
    code = normalise_code(text)
    for pattern in patterns:
        match = re.fullmatch(pattern, code, re.ASCII)
        if match:
            try:
                day = datetime.datetime.strptime(match["day"], "%y%m%d").date()
            except ValueError:
                raise BadDossierCode(f"{match['day']} is no day") from None
            return DossierCode(code, match["agency"], day)
    raise BadDossierCode("in none of the formats")


def make_transaction_name(references: Mapping[str, str], stage: Stage) -> str:
    """Under what name the answers about one step of one dossier belong together, on whichever paper they came.
    `references`: local month → reference, one for each month whose key is in use, so that papers of different months
    share one."""
    return ",".join(f"{month}={references[month]}" for month in sorted(references)) + f":{stage.value}"


def parse_transaction_name(text: str) -> dict[str, str] | None:
    """The references (local month → reference) in what `make_transaction_name` made; None for anything else, so for
    more than `MOST_MONTHS`, and for a month or a reference that is named twice. Of a text that names no month the month
    is empty."""
    if len(text) > _LONGEST_NAMED:
        return None
    pairs, colon, stage = text.partition(":")
    if not colon or stage not in {kind.value for kind in Stage}:
        return None
    references: dict[str, str] = {}
    for part in pairs.split(","):
        one = _NAMED.fullmatch(part)
        if one is None:
            return None
        month, reference = one["month"] or "", one["reference"]
        if month in references or reference in references.values():
            return None
        references[month] = reference
    return references


def make_month_references(code: str, month_keys: Mapping[str, str], month: str) -> dict[str, str]:
    """What is kept of a code in a local month (`2026-11`): month → reference, under the key (hex) of that month and of
    those before it that are still in use, the newest `MOST_MONTHS`. Empty without the month's own key."""
    if month not in month_keys:
        return {}
    in_use = sorted(name for name, key in month_keys.items() if key and name <= month)
    return {name: make_reference(code, bytes.fromhex(month_keys[name])) for name in in_use[-MOST_MONTHS:]}


def derive_agency_key(month_key: bytes, agency: str) -> bytes:
    """The 32 secret bytes that an agency's desks are given of a month's key: nothing leads from one agency's to
    another's."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"hailong dossier key\0" + agency.encode()).derive(month_key)


def make_reference(code: str, month_key: bytes) -> str:
    """What is kept of a code: 32 hex characters. `month_key` are 32 secret bytes of the month the code was used in."""
    tag = hmac.digest(month_key, b"hailong dossier\0" + normalise_code(code).encode(), hashlib.sha256)
    return tag[:REFERENCE_BYTES].hex()
