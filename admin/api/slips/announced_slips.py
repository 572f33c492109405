"""Announced slips: minted on another system's request, as entries of the centre's own recorder.

Each is a `token` entry of that recorder's ledger, signed by its key, exactly as a desk's slips are entries of the
desk's ledger. All of a request, or none.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.api.slips.api_keys import count_usage, may_name_decider
from admin.api.slips.request import AnnouncementRequest, ApiRefused, SlipRequest
from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.pdf import code_drawing
from admin.responses import projection, transaction_settlement
from admin.slips import code_and_dossier_keys
from admin.statistics.tallies.agency_tree import read_scope_keys
from models.clock import DAY_MS, MINUTE_MS, local_day
from models.ids import new_id
from models.protocol import dossier_code, slip, slip_typed_code
from models.tables.agency import Agency, Desk, Procedure
from models.tables.slip_record import AnnouncedSlip, ApiKey, IdempotentReply

#: For how long the same `Idempotency-Key` gets the same answer.
REPEATED_MS = 7 * DAY_MS


class IdempotencyConflict(Exception):
    """This `Idempotency-Key` was used with another body."""


@dataclass(frozen=True, slots=True)
class AnnouncementReply:
    """What is answered, as JSON text; `again`: it was answered before."""

    text: str
    again: bool


def announce_slips(
    session: Session,
    centre: CentreKeys,
    key: ApiKey,
    request: AnnouncementRequest,
    idempotency: str | None,
    now_ms: int,
) -> AnnouncementReply:
    """Make the slips of a request and keep what was answered, in the caller's write; the row of `key` must be locked.

    Raises `ApiRefused`, `IdempotencyConflict` and `TooMany`; then nothing may be written.
    """
    sha = hashlib.sha256(request.same.encode()).hexdigest()
    if idempotency is not None:
        old_reply = session.get(IdempotentReply, (key.id, idempotency))
        if old_reply is not None and old_reply.body_sha != sha:
            raise IdempotencyConflict
        if old_reply is not None:
            count_usage(key, 1, now_ms)
            return AnnouncementReply(old_reply.reply, True)
    count_usage(key, len(request.slips), now_ms)
    replies = _mint_slips(session, centre, key, request.slips, now_ms)
    text = json.dumps({"slips": replies} if request.batch else replies[0], sort_keys=True)
    if idempotency is not None:
        session.add(
            IdempotentReply(api_key_id=key.id, key=idempotency, body_sha=sha, reply=text, created_ms=now_ms)
        )
    session.flush()
    return AnnouncementReply(text, False)


def has_outdated_replies(session: Session, now_ms: int) -> bool:
    """Whether there are answers that need not be repeated any more."""
    old = select(IdempotentReply.key).where(IdempotentReply.created_ms < now_ms - REPEATED_MS).limit(1)
    return session.scalar(old) is not None


def erase_outdated_replies(session: Session, now_ms: int) -> None:
    """Erase the answers that need not be repeated any more."""
    session.execute(delete(IdempotentReply).where(IdempotentReply.created_ms < now_ms - REPEATED_MS))


@dataclass(frozen=True, slots=True)
class _ResolvedSlip:
    asked: SlipRequest
    number: int
    due_days: int | None
    references: dict[str, str]


def _mint_slips(
    session: Session, centre: CentreKeys, key: ApiKey, requests: Sequence[SlipRequest], now_ms: int
) -> list[dict[str, Any]]:
    scope = read_scope_keys(session, key.agency_key)
    code_and_dossier_keys.make_missing_keys(session, now_ms)
    placed = [_resolve_slip(session, key, scope, one, now_ms) for one in requests]
    epoch = recorder.lock_open_epoch(session, centre, WEB, now_ms)
    own = (AnnouncedSlip.device_id == WEB, AnnouncedSlip.epoch == epoch.epoch)
    last = session.scalar(select(func.max(AnnouncedSlip.serial)).where(*own)) or 0
    entries = [
        recorder.RecordedAnswer(new_id(now_ms), _make_payload(one, serial), now_ms, "token")
        for serial, one in enumerate(placed, last + 1)
    ]
    heads = recorder.append_entries(session, centre, WEB, entries, now_ms)
    replies, references = [], {}
    for serial, one, (seq, h) in zip(range(last + 1, last + 1 + len(placed)), placed, heads, strict=True):
        paper = slip.Slip(
            slip.CENTRE_NUMBER, epoch.epoch, serial, seq, bytes.fromhex(h)[:8], one.number, one.asked.stage,
            now_ms // MINUTE_MS, one.due_days,
        )  # fmt: skip
        session.add(_make_slip_row(paper, one, key, now_ms))
        replies.append(_make_reply(centre, paper))
        references[slip.name_slip(WEB, paper.epoch, paper.serial)] = one.references
    session.flush()
    # Nobody can answer on these before this transaction ends: there is nobody to wait for.
    transaction_settlement.store_slip_references(session, references)
    while projection.project_entries(session, WEB, epoch.epoch) == projection.STEP:
        pass
    return replies


def _resolve_slip(session: Session, key: ApiKey, scope: frozenset[str], one: SlipRequest, now_ms: int) -> _ResolvedSlip:
    """What a slip names, looked up. An agency outside the key's own is as unknown as one that does not exist."""
    if one.agency not in scope:
        raise ApiRefused("unknown_agency.of_key")
    desk = session.get(Desk, one.desk) if one.desk else None
    if one.desk and (desk is None or desk.agency_key != one.agency):
        raise ApiRefused("unknown_desk")
    if one.decider and session.get(Agency, one.decider) is None:
        raise ApiRefused("unknown_agency.decider")
    if one.decider and not may_name_decider(key, one.agency, one.decider):
        raise ApiRefused("foreign_agency")
    procedure = session.get(Procedure, one.procedure) if one.procedure else None
    if one.procedure and procedure is None:
        raise ApiRefused("unknown_procedure")
    today = datetime.date.fromisoformat(local_day(now_ms))
    days = (one.due - today).days if one.due else None
    secrets = code_and_dossier_keys.read_dossier_keys(session, one.agency) if one.dossier else {}
    references = (
        dossier_code.make_month_references(one.dossier.text, secrets, local_day(now_ms)[:7]) if one.dossier else {}
    )
    # a day that is over says nothing about how long the slip is good for
    due_days = days if days is not None and 0 <= days < slip.NO_DUE else None
    return _ResolvedSlip(one, procedure.number if procedure else slip.NO_PROCEDURE, due_days, references)


def _make_payload(one: _ResolvedSlip, serial: int) -> dict[str, Any]:
    request = one.asked
    p = {
        "agency": request.agency, "decider": request.decider, "desk": request.desk, "due_days": one.due_days,
        "procedure": request.procedure, "serial": serial, "stage": request.stage.value,
    }  # fmt: skip
    return {name: value for name, value in p.items() if value is not None}


def _make_slip_row(paper: slip.Slip, one: _ResolvedSlip, key: ApiKey, now_ms: int) -> AnnouncedSlip:
    request, month = one.asked, max(one.references, default=None)
    return AnnouncedSlip(
        device_id=WEB,
        epoch=paper.epoch,
        serial=paper.serial,
        agency_key=request.agency,
        desk_code=request.desk,
        decider_key=request.decider if request.decider != request.agency else None,
        stage=request.stage.value,
        procedure_code=request.procedure,
        due=request.due.isoformat() if request.due else None,
        dossier=one.references[month] if month else None,
        dossier_month=month,
        last_two=request.dossier.last_two if request.dossier else None,
        announced_ms=now_ms,
        api_key_id=key.id,
    )


def _make_reply(centre: CentreKeys, paper: slip.Slip) -> dict[str, Any]:
    token = slip.mint(paper, centre.recorder_keys[WEB], centre.public)
    url = slip.url(centre.public_url, token)
    reply: dict[str, Any] = {"token": token, "url": url, "qr_svg": qr_svg(url)}
    try:
        secret = code_and_dossier_keys.derive_typed_key(centre.codes, WEB, paper.epoch)
        reply["code"] = slip_typed_code.group_code(
            slip_typed_code.make_typed_code(paper.device, paper.epoch, paper.serial, secret)
        )
    except slip_typed_code.NoTypedCode:
        reply["code"] = None
    return reply


def qr_svg(url: str) -> str:
    """The QR of an address as an SVG file with its quiet zone, one unit a module."""
    rows = code_drawing.make_qr_modules(url)
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="white" d="M0 0h{side}v{side}h-{side}z"/><path d="{code_drawing.make_svg_path(rows)}"/></svg>'
    )
