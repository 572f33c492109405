"""A desk that was paired, without a network: certificate, reference data and questionnaire written as pairing does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from kiosk import create_app
from kiosk.desk import reference, state
from kiosk.settings import Settings
from models import clock, keys
from models.protocol import ledger
from models.tables.kiosk import Draft
from models.tables.kiosk import Reference as StoredReference
from models.tables.ledger_entry import StoredEntry

QUESTIONS = Path(__file__).resolve().parents[2] / "admin" / "instruments" / "data" / "short-1.json"
HIDDEN = re.compile(r'name="(id|seal)" type="hidden" value="([^"]*)"')


def document(idle_seconds: int = 60, **desk_settings: Any) -> bytes:
    """Reference data as the centre sends it; `desk_settings` such as `factors=True` stand under its desk."""
    value = {
        "agency": {"key": "hoa-lu", "name": {"vi": "UBND phường Hoa Lư"}},
        "desk": {
            "code": "HL-Q3",
            "name": {"vi": "Quầy 3", "en": "Desk 3"},
            "line": {
                "vi": "Trung tâm Phục vụ hành chính công · Quầy 3",
                "en": "Public administration service centre · Desk 3",
            },
            **desk_settings,
        },
        "device_label": "HL-0312",
        "idle_seconds": idle_seconds,
        "instrument": json.loads(QUESTIONS.read_text(encoding="utf-8")),
        "languages": [["vi", "Tiếng Việt"], ["en", "English"]],
        "phone": "0229 000 0000",
        "procedures": [],
    }
    return json.dumps(value, ensure_ascii=False).encode()


def paired(instance: Path, idle_seconds: int = 60, online: bool = True, **desk_settings: Any) -> Flask:
    """The tablet's app over a store in `instance` that looks as it does after pairing."""
    instance.mkdir(parents=True, exist_ok=True)
    settings = Settings(instance, idle_seconds=idle_seconds)
    app = create_app(settings)
    centre = keys.signing_key(instance / "centre.key")
    own = keys.signing_key(settings.key_file)
    now = clock.now()
    certificate = ledger.certificate(dev="d-0312", ep=1, vk=own.public, desk="HL-Q3", t=now.t)
    with app.extensions["database"].write() as session:
        state.remember(
            session, device="d-0312", epoch=1, certificate=certificate.raw.decode(),
            certificate_signature=centre.sign(certificate.raw), centre_key=centre.public,
            centre_url="http://127.0.0.1:9", public_url="https://danhgia.example", acked_seq=0, state="active", boot=1,
            last_reply_ms=now.t if online else 0,
        )  # fmt: skip
        reference.store(session, document(idle_seconds, **desk_settings), now.t)
    return app


def told(app: Flask, change: Callable[[dict[str, Any]], object]) -> None:
    """The centre sends other reference data: what `change` makes of the present document."""
    with app.extensions["database"].write() as session:
        value = json.loads(session.get_one(StoredReference, 1).document)
        change(value)
        reference.store(session, json.dumps(value, ensure_ascii=False).encode(), clock.now().t)


def hidden(html: str) -> dict[str, str]:
    """The hidden controls of a page's form that tie it to one response."""
    return dict(HIDDEN.findall(html))


def payloads(app: Flask) -> list[dict[str, Any]]:
    """What the sealed ratings say, oldest first."""
    with app.extensions["database"].read() as session:
        rows = session.query(StoredEntry).filter_by(typ="rating").order_by(StoredEntry.seq).all()
        return [ledger.parse(row.bytes).p for row in rows]


def open_drafts(app: Flask) -> int:
    """How many ratings are open."""
    with app.extensions["database"].read() as session:
        return session.query(Draft).count()
