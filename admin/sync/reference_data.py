"""Reference data of one desk, as one document with one version (its SHA-256), sent to its device."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desks import dossier_formats, follow_up_promise, province_hours
from admin.instruments import store, translations
from admin.languages import availability
from admin.ledgers.signing_keys import CentreKeys
from admin.settings import Settings
from admin.slips import code_and_dossier_keys
from models import ids
from models.tables.agency import Agency, Desk, Procedure, SpokenPrompt
from models.tables.device import Device, Epoch
from translations import gettext as _
from translations import use_locale

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True


def build_reference_document(session: Session, device_id: str, settings: Settings, centre: CentreKeys) -> bytes:
    """The reference document of a desk's device: the same bytes as long as nothing changed.

    KeyError if the device stands at no desk (the centre's own recorders).
    """
    device = session.get_one(Device, device_id)
    if device.desk_code is None:
        raise KeyError(device_id)
    desk, agency = _place(session, device)
    procedures = session.scalars(select(Procedure).order_by(Procedure.number))
    languages = availability.list_offered_languages(session)
    codes = [code for code, _name in languages]
    replies = follow_up_promise.is_follow_up_promised(session)
    value: dict[str, Any] = {
        "agency": {"key": agency.key, "name": {"vi": agency.name_vi, "en": agency.name_en}},
        "desk": {
            "code": desk.code,
            "factors": desk.factors,
            "follow_up": desk.follow_up and replies,  # for desks that know nothing of `replies`
            "typing": desk.typing,
            "name": {"vi": desk.name_vi, "en": desk.name_en},
            "line": {code: _line(desk, code) for code in codes},
        },
        "catalogues": {code: words for code in codes if (words := availability.read_wire_words(code)) is not None},
        "centre_box": centre.box.public,
        "device_label": ids.device_label(device_id),
        "dossier_keys": code_and_dossier_keys.read_dossier_keys(session, agency.key),
        "dossier_patterns": list(dossier_formats.read_province_formats(settings.instance)),
        "idle_seconds": settings.idle_seconds,
        "instrument": translations.overlay_translations(store.read_current_document(session, "short"), codes),
        "languages": languages,
        "phone": settings.phone,
        "procedures": [
            {"code": row.code, "number": row.number, "name": {"vi": row.name_vi, "en": row.name_en}}
            for row in procedures
        ],
        "hours": province_hours.compose_desk_hours(desk, settings.instance),
        "prompts": [
            {"id": row.text_id, "lang": row.lang, "sha": row.sha, "size": row.size, "mime": row.mime}
            for row in _prompts(session, codes)
        ],
        "replies": replies,
        "typed_keys": code_and_dossier_keys.derive_typed_keys(session, centre.codes, device_id),
        "v": 1,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _place(session: Session, device: Device) -> tuple[Desk, Agency]:
    """Where the device's newest epoch stands, and what it may speak for; of a device without one, today's register."""
    epochs = select(Epoch).where(Epoch.device_id == device.id, Epoch.agency_key.is_not(None))
    epoch = session.scalars(epochs.order_by(Epoch.epoch.desc()).limit(1)).first()
    desk = session.get_one(Desk, (epoch.desk_code if epoch is not None else None) or device.desk_code)
    return desk, session.get_one(Agency, (epoch.agency_key if epoch is not None else None) or desk.agency_key)


def does_name_recording(session: Session, device_id: str, sha: str) -> bool:
    """Whether the document of this device names the recording with this SHA-256: no other is given to it."""
    device = session.get(Device, device_id)
    if device is None or device.desk_code is None:
        return False
    codes = [code for code, _name in availability.list_offered_languages(session)]
    return any(row.sha == sha for row in _prompts(session, codes))


def _prompts(session: Session, codes: list[str]) -> list[SpokenPrompt]:
    """The recordings a desk gets: those in languages citizens are offered."""
    order = (SpokenPrompt.text_id, SpokenPrompt.lang)
    return list(session.scalars(select(SpokenPrompt).where(SpokenPrompt.lang.in_(codes)).order_by(*order)))


def _line(desk: Desk, code: str) -> str:
    """The line under the agency's name on the tablet, in one language."""
    with use_locale(code):
        place = _("Public Administration Service Centre")
    return f"{place} · {(desk.name_en if code == 'en' else '') or desk.name_vi}"


def document_version(document: bytes) -> str:
    """The version of a document: its SHA-256, hex."""
    return hashlib.sha256(document).hexdigest()
