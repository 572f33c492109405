"""What flows down: the reference data of one desk, as one document with one version (its SHA-256)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import box
from admin.instruments import store
from admin.settings import Settings
from models.agency import Agency, Desk, Procedure, SpokenPrompt
from models.devices import Device
from translations import OWN_NAMES

#: The line under the agency's name on the tablet, before the desk.
PLACE = {"vi": "Trung tâm Phục vụ hành chính công", "en": "Public Administration Service Centre"}


def label(device_id: str) -> str:
    """What the tablet shows beside its dot: `d-0042` → `HL-0042`."""
    return "HL-" + device_id.removeprefix("d-")


def document(session: Session, device_id: str, settings: Settings) -> bytes:
    """The reference document of a desk's device: the same bytes as long as nothing changed.

    KeyError if the device stands at no desk (the centre's own recorders).
    """
    device = session.get_one(Device, device_id)
    if device.desk_code is None:
        raise KeyError(device_id)
    desk = session.get_one(Desk, device.desk_code)
    agency = session.get_one(Agency, desk.agency_key)
    procedures = session.scalars(select(Procedure).order_by(Procedure.number))
    value: dict[str, Any] = {
        "agency": {"key": agency.key, "name": {"vi": agency.name_vi, "en": agency.name_en}},
        "desk": {
            "code": desk.code,
            "factors": desk.factors,
            "follow_up": desk.follow_up,
            "typing": desk.typing,
            "name": {"vi": desk.name_vi, "en": desk.name_en},
            "line": {
                "vi": f"{PLACE['vi']} · {desk.name_vi}",
                "en": f"{PLACE['en']} · {desk.name_en or desk.name_vi}",
            },
        },
        "centre_box": box(settings).public,
        "device_label": label(device_id),
        "idle_seconds": settings.idle_seconds,
        "instrument": store.current_document(session, "short"),
        "languages": list(OWN_NAMES.items()),
        "phone": settings.phone,
        "procedures": [
            {"code": row.code, "number": row.number, "name": {"vi": row.name_vi, "en": row.name_en}}
            for row in procedures
        ],
        "hours": desk.hours,
        "prompts": [
            {"id": row.text_id, "lang": row.lang, "sha": row.sha, "size": row.size, "mime": row.mime}
            for row in session.scalars(select(SpokenPrompt).order_by(SpokenPrompt.text_id, SpokenPrompt.lang))
        ],
        "v": 1,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def version(document: bytes) -> str:
    """The version of a document: its SHA-256, hex."""
    return hashlib.sha256(document).hexdigest()
