"""The province's opening hours and holidays, with what a single desk has of its own.

The province's stand in `hours.json` in the instance folder, else in the file beside this module. A desk's own
hours take the place of the province's week; the province's holidays hold there too, unless the desk says `closed`
itself.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from models.reference import opening_hours
from models.reference.opening_hours import BadHours
from models.tables.agency import Desk

DATA = Path(__file__).resolve().parent / "data" / "hours.json"
FILE = "hours.json"
log = logging.getLogger(__name__)


def read_province_hours(instance: Path) -> dict[str, Any]:
    """The province's hours as a document (`week`, `closed`). A file that cannot be read is as none: see
    `find_hours_problem`."""
    own = instance / FILE
    try:
        return read_hours_file(own if own.exists() else DATA)
    except BadHours as error:
        log.warning("%s", error)
        return read_hours_file(DATA)


def find_hours_problem(instance: Path) -> str | None:
    """What is wrong with the province's own file, if anything."""
    try:
        if (instance / FILE).exists():
            read_hours_file(instance / FILE)
    except BadHours as error:
        return str(error)
    return None


def read_hours_file(path: Path) -> dict[str, Any]:
    """The hours of a file, without its notes. Raises `BadHours`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        plain = {name: value[name] for name in ("week", "closed") if name in value}
        opening_hours.parse(plain)
    except (OSError, ValueError, TypeError) as error:
        raise BadHours(f"{path.name}: {error}") from error
    return plain


def compose_desk_hours(desk: Desk, instance: Path) -> dict[str, Any]:
    """A desk's hours as it is told them: its own or the province's, with the days off of both."""
    province = read_province_hours(instance)
    if not desk.hours.get("week"):
        return province
    return {"week": desk.hours["week"], "closed": desk.hours.get("closed", province.get("closed", []))}
