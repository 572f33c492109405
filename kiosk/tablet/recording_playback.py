"""Playback of recordings: those that "Listen" plays, from `media/` of the instance.

Sync has put them there. A file is named by its SHA-256 and never changes. Only what the reference data in use names is
given out, and the button stands only where the file is there whole (`prompt_path`).
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, send_file

from kiosk.desk import reference
from kiosk.error_catalogue.page_errors import PageError
from kiosk.settings import Settings
from kiosk.web.request_context import current_database
from models.storage.database import Database

blueprint = Blueprint("prompts", __name__)


def prompt_path(settings: Settings, desk: reference.Reference, text_id: str, lang: str) -> Path | None:
    """The file of a recording; None where the centre names none for this text and language or it is not here yet."""
    prompt = desk.prompts.get((text_id, lang))
    return None if prompt is None else _file(settings, prompt)


@blueprint.app_template_global("prompt_address")
def prompt_address(desk: reference.Reference, text_id: str, lang: str) -> str | None:
    """Where the page finds a recording (`/media/<sha>`), or None where there is nothing to play."""
    settings: Settings = current_app.extensions["settings"]
    path = prompt_path(settings, desk, text_id, lang)
    return None if path is None else f"/media/{path.name}"


@blueprint.get("/media/<sha>")
def media(sha: str) -> Response:
    """A recording, whole or in part (Range), kept by the browser for good: its name is its content's."""
    own: Database = current_database()
    with own.read() as session:
        desk = reference.read_reference(session)
    prompt = next((one for one in desk.prompts.values() if one.sha == sha), None) if desk else None
    path = _file(current_app.extensions["settings"], prompt) if prompt else None
    if prompt is None or path is None:
        raise PageError("not_found")
    answer = send_file(path, mimetype=prompt.mime, conditional=True, etag=sha, max_age=31_536_000)
    answer.cache_control.immutable = True
    return answer


def _file(settings: Settings, prompt: reference.Prompt) -> Path | None:
    path = settings.instance / "media" / prompt.sha
    try:
        return path if path.stat().st_size == prompt.size else None
    except OSError:
        return None
