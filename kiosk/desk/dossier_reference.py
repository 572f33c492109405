"""References to the dossier a slip or a rating is about: its code read, keyed references kept.

They are kept so that a paper that is printed twice, by two desks or in two months, and the tablet's own answer are
counted once. The code itself is written nowhere: what travels beside the entry are its references under the keys of the
months in use (`models.protocol.dossier_code`), and the entry holds a commitment to them.
"""

from __future__ import annotations

import hashlib
import hmac

from kiosk.desk.reference import Reference
from models.protocol import dossier_code, sidecar
from models.protocol.sidecar import Sidecar
from models.vocabulary import Stage


def make_references(desk: Reference, code: str, stage: Stage, day: str) -> str | None:
    """The references to the dossier `code` at `stage`, as text, on the local `day` (`2026-11-20`); None without the key
    of its month. Raises `BadDossierCode` for what is no dossier code in this province."""
    read = dossier_code.parse(code, desk.dossier_patterns or dossier_code.PATTERNS)
    references = dossier_code.make_month_references(read.text, desk.dossier_keys, day[:7])
    return dossier_code.make_transaction_name(references, stage) if references else None


def make_dossier_opening(secret: bytes, id: str, text: str) -> Sidecar:
    """What opens the commitment of the slip with this id to `text`; under one `secret` the same for the same slip."""
    salt = hmac.digest(secret, f"hailong slip salt\0{id}".encode(), hashlib.sha256)[:16]
    return sidecar.make_opening(id, "r", text, salt.hex())
