"""The store of questionnaires: every version ever opened, and which one is asked now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, translations
from models.reference import instrument
from models.reference.instrument import Instrument
from models.tables.agency import StoredInstrument
from translations import OWN_NAMES

DATA = Path(__file__).resolve().parent / "data"


class Unchangeable(ValueError):
    """This version is open already and the document differs: give it a new version number."""


def load_documents(session: Session, folder: Path = DATA) -> int:
    """Take every document of `folder` into the store as open; returns how many were new.

    A version that is already there must be the same document; raises `Unchangeable` or `InstrumentError`.
    """
    new = 0
    for path in sorted(folder.glob("*.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        parsed = instrument.parse(document)
        stored = session.get(StoredInstrument, (parsed.id, parsed.version))
        if stored is None:
            session.add(StoredInstrument(id=parsed.id, version=parsed.version, status="open", document=document))
            new += 1
        elif stored.document != document:
            raise Unchangeable(f"{path.name}: version {parsed.version} of {parsed.id} is open and differs")
    session.flush()
    return new


def read_stored_versions(session: Session) -> dict[tuple[str, int], Instrument]:
    """Every stored version, parsed."""
    return {(row.id, row.version): instrument.parse(row.document) for row in session.scalars(select(StoredInstrument))}


def read_current_instrument(session: Session, id: str) -> Instrument:
    """The newest open version of an instrument, in every language there is; KeyError if none is open."""
    return instrument.parse(translations.overlay_translations(read_current_document(session, id), tuple(OWN_NAMES)))


def read_current_document(session: Session, id: str) -> dict[str, Any]:
    """The document of the newest open version, its factors as they are called today; KeyError if none is open."""
    row = session.scalars(
        select(StoredInstrument)
        .where(StoredInstrument.id == id, StoredInstrument.status == "open")
        .order_by(StoredInstrument.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise KeyError(id)
    return companion_questions.rename_factors(row.document)
