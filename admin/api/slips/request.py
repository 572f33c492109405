"""The request that announces slips: read strictly, every field named here and nothing else."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from admin.error_catalogue.api_errors import SLIPS_API
from models.errors import CodedError
from models.protocol import dossier_code
from models.protocol.dossier_code import DossierCode
from models.vocabulary import Stage

#: Slips in one request.
MAX_SLIPS = 200
#: The fields, those that must be there first; the longest text each may hold.
REQUIRED = {"agency": 40, "stage": 12}
OPTIONAL = {"desk": 40, "decider": 40, "procedure": 40, "dossier_code": dossier_code.LONGEST, "due": 10}


class ApiRefused(CodedError):
    """A request for slips is not taken; nothing was made. `headers` go with the answer."""

    table = SLIPS_API

    def __init__(self, name: str, /, headers: Mapping[str, str] | None = None, **values: object) -> None:
        super().__init__(name, **values)
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class SlipRequest:
    """One slip as it is asked for; keys and codes are not looked up yet."""

    agency: str
    stage: Stage
    desk: str | None = None
    decider: str | None = None
    procedure: str | None = None
    dossier: DossierCode | None = None
    due: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementRequest:
    """The slips of one request. `batch`: it came as a list, and is answered by one; `same` is the same text for the
    same request, however it was spaced."""

    slips: Sequence[SlipRequest]
    batch: bool
    same: str


def parse_announcement(body: bytes, patterns: Sequence[str] = dossier_code.PATTERNS) -> AnnouncementRequest:
    """The slips that `body` asks for; `patterns` read dossier codes. Raises `ApiRefused`; never another error."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_refuse_repeated_names, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ApiRefused("bad_json.not_read") from error
    if not isinstance(value, dict):
        raise ApiRefused("bad_json.no_object")
    try:
        same = json.dumps(value, sort_keys=True, ensure_ascii=True)
    except RecursionError as error:
        raise ApiRefused("bad_json.too_deep") from error
    if "slips" not in value:
        return AnnouncementRequest([_parse_slip(value, "", patterns)], False, same)
    rows = value["slips"]
    if value.keys() != {"slips"}:
        raise ApiRefused("bad_field.beside")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_SLIPS:
        raise ApiRefused("bad_field.slips", most=MAX_SLIPS)
    return AnnouncementRequest([_parse_slip(row, f"slips[{at}].", patterns) for at, row in enumerate(rows)], True, same)


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice")
    return fields


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _parse_slip(row: Any, at: str, patterns: Sequence[str]) -> SlipRequest:
    if not isinstance(row, dict):
        raise ApiRefused("bad_field.no_object", place=at.rstrip("."))
    unknown = sorted(row.keys() - REQUIRED.keys() - OPTIONAL.keys())
    if unknown:
        raise ApiRefused("bad_field.unknown", place=at, field=unknown[0][:40])
    texts: dict[str, str | None] = {}
    for name, longest in (REQUIRED | OPTIONAL).items():
        texts[name] = _parse_text(row.get(name), at + name, longest, required=name in REQUIRED)
    try:
        stage = Stage(texts["stage"] or "")
    except ValueError as error:
        raise ApiRefused("bad_field.stage", place=at, stages=", ".join(stage.value for stage in Stage)) from error
    return SlipRequest(
        agency=texts["agency"] or "",
        stage=stage,
        desk=texts["desk"],
        decider=texts["decider"],
        procedure=texts["procedure"],
        dossier=_parse_dossier_code(texts["dossier_code"], at, patterns),
        due=_parse_due_day(texts["due"], at),
    )


def _parse_text(value: Any, at: str, longest: int, *, required: bool) -> str | None:
    if value is None and not required:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise ApiRefused("bad_field.text", place=at, longest=longest)
    return value


def _parse_dossier_code(text: str | None, at: str, patterns: Sequence[str]) -> DossierCode | None:
    if text is None:
        return None
    try:
        return dossier_code.parse(text, patterns)
    except dossier_code.BadDossierCode as error:
        raise ApiRefused("bad_field.dossier_code", place=at) from error


def _parse_due_day(text: str | None, at: str) -> datetime.date | None:
    if text is None:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not 2000 <= day.year <= 2199:
        raise ApiRefused("bad_field.due", place=at)
    return day
