"""The request that announces slips: read strictly, every field named here and nothing else."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.protocol import dossier_code
from models.protocol.dossier_code import DossierCode
from models.vocabulary import Stage

#: Slips in one request.
MOST = 200
#: The fields, those that must be there first; the longest text each may hold.
REQUIRED = {"agency": 40, "stage": 12}
OPTIONAL = {"desk": 40, "decider": 40, "procedure": 40, "dossier_code": dossier_code.LONGEST, "due": 10}


class BadRequest(ValueError):
    """The body cannot be taken; `code` is `bad_json` or `bad_field`, the message names the place."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """One slip as it is asked for; keys and codes are not looked up yet."""

    agency: str
    stage: Stage
    desk: str | None = None
    decider: str | None = None
    procedure: str | None = None
    dossier: DossierCode | None = None
    due: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The slips of one request. `batch`: it came as a list, and is answered by one; `same` is the same text for the
    same request, however it was spaced."""

    slips: Sequence[Asked]
    batch: bool
    same: str


def parse(body: bytes, patterns: Sequence[str] = dossier_code.PATTERNS) -> Request:
    """The slips that `body` asks for; `patterns` read dossier codes. Raises `BadRequest`; never another error."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest("bad_json", "The body is not JSON, or says something twice.") from error
    if not isinstance(value, dict):
        raise BadRequest("bad_json", "The body is not a JSON object.")
    try:
        same = json.dumps(value, sort_keys=True, ensure_ascii=True)
    except RecursionError as error:
        raise BadRequest("bad_json", "The body is too deep.") from error
    if "slips" not in value:
        return Request([_slip(value, "", patterns)], False, same)
    rows = value["slips"]
    if value.keys() != {"slips"}:
        raise BadRequest("bad_field", "Beside 'slips' nothing else may stand.")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        raise BadRequest("bad_field", f"'slips' must be a list of 1 to {MOST} objects.")
    return Request([_slip(row, f"slips[{at}].", patterns) for at, row in enumerate(rows)], True, same)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _slip(row: Any, at: str, patterns: Sequence[str]) -> Asked:
    if not isinstance(row, dict):
        raise BadRequest("bad_field", f"{at.rstrip('.')} must be an object.")
    unknown = sorted(row.keys() - REQUIRED.keys() - OPTIONAL.keys())
    if unknown:
        raise BadRequest("bad_field", f"{at}{unknown[0][:40]!r} is not a field of a slip.")
    texts: dict[str, str | None] = {}
    for name, longest in (REQUIRED | OPTIONAL).items():
        texts[name] = _text(row.get(name), at + name, longest, required=name in REQUIRED)
    try:
        stage = Stage(texts["stage"] or "")
    except ValueError as error:
        raise BadRequest("bad_field", f"{at}stage must be one of {', '.join(s.value for s in Stage)}.") from error
    return Asked(
        agency=texts["agency"] or "",
        stage=stage,
        desk=texts["desk"],
        decider=texts["decider"],
        procedure=texts["procedure"],
        dossier=_dossier(texts["dossier_code"], at, patterns),
        due=_day(texts["due"], at),
    )


def _text(value: Any, at: str, longest: int, *, required: bool) -> str | None:
    if value is None and not required:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise BadRequest("bad_field", f"{at} must be a text of 1 to {longest} characters.")
    return value


def _dossier(text: str | None, at: str, patterns: Sequence[str]) -> DossierCode | None:
    if text is None:
        return None
    try:
        return dossier_code.parse(text, patterns)
    except dossier_code.BadDossierCode as error:
        raise BadRequest("bad_field", f"{at}dossier_code is a dossier code in none of the known formats.") from error


def _day(text: str | None, at: str) -> datetime.date | None:
    if text is None:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not 2000 <= day.year <= 2199:
        raise BadRequest("bad_field", f"{at}due must be a day such as 2026-11-30.")
    return day
