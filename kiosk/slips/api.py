"""`POST /slips`: the one-stop software on the same PC asks for a slip, with or without a network.

For this machine alone, and for whoever can read the secret in `kiosk.slips` in the instance folder
(`Authorization: Bearer …`). A request that is sent again under its `Idempotency-Key` gets the slip it got before: the
ledger entry's id follows from the key, so nothing else has to be remembered. A dossier's code is never kept: what
goes beside the entry is its reference under the key of the month, and without that key nothing. No rating can be made
here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, device_key, dossier_reference, ledger, reference, set_aside_stores
from kiosk.error_catalogue.slip_api_errors import SlipRefused
from kiosk.slips import minting
from kiosk.web import errors, machine_commands
from kiosk.web.request_context import current_database, current_moment, current_settings
from models import ids
from models.clock import Moment
from models.protocol import dossier_code
from models.protocol.entry_chain import Entry
from models.storage import store_faults
from models.storage.store_faults import StoreFault
from models.tables.desk_store import WaitingSidecar
from models.vocabulary import Stage

log = logging.getLogger(__name__)
blueprint = Blueprint("slip_door", __name__)
FIELDS = frozenset({"stage", "procedure", "due", "dossier_code", "paper"})
PAPERS = ("80", "58", "a5")
#: How often a store that another process keeps busy is asked; each time it waits some seconds.
ROUNDS = 3
Result = TypeVar("Result")
_turn = threading.Lock()
_KEY = re.compile(r"[\x21-\x7e]{1,80}")


class DamagedSecret(OSError):
    """The file of the secret holds something else."""


@dataclass(frozen=True, slots=True)
class SlipRequest:
    """What a request asks for."""

    stage: Stage
    procedure: str | None
    due: date | None
    dossier_code: str | None
    paper: str


def read_or_make_api_secret(path: Path) -> str:
    """The secret in the file at `path`, 64 hex characters; the file (0600) is made at the first call. Raises OSError,
    `DamagedSecret` when it holds something else."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32) + "\n")
        try:
            os.link(draft, path)  # whole or not at all; of two at once the first wins
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(draft, path)
        draft.unlink(missing_ok=True)
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise DamagedSecret(f"{path.name} is damaged: remove it, a new one is made")
    return text


@blueprint.post("/slips")
def mint() -> tuple[Response, int]:
    """Mint a slip: `{stage, procedure?, due?, dossier_code?, paper?}` → `{token, code, url, png (base64), svg, tied}`;
    201, or 200 for a request that was answered before."""
    own = read_or_make_api_secret(current_settings().instance / "kiosk.slips")
    if not machine_commands.is_local_address(request.remote_addr):
        raise SlipRefused("only_here")
    authorization = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(authorization, f"Bearer {own}".encode()):
        raise SlipRefused("unauthorized")
    wish, now = _wish(), current_moment()
    id = _own_id(own, now)
    desk, slip, tied, fresh = _in_turn(lambda session: _made(session, wish, now, id))
    return _reply(slip, desk, wish.paper, tied), 201 if fresh else 200


def _in_turn(work: Callable[[Session], Result]) -> Result:
    """Do `work` in one write. The threads of this process take turns, so that a crowd of requests waits in line here
    and not each for itself at the store, where the last would be told that it is busy; another process that writes is
    waited for by asking again."""
    with _turn:
        for _round in range(ROUNDS - 1):
            try:
                with current_database().write() as session:
                    return work(session)
            except OperationalError as error:
                if store_faults.classify_fault(error) is not StoreFault.BUSY:
                    raise
                log.warning("the store is busy: %s", error.orig)
        with current_database().write() as session:
            return work(session)


@blueprint.errorhandler(SlipRefused)
def refused(error: SlipRefused) -> tuple[Response, int]:
    """Every refusal in one shape."""
    return jsonify(error={"code": error.code, "message": str(error)}), error.kind.status or 500


def answer_store_failure(error: Exception) -> tuple[Response, int]:
    """A store that is busy, full or damaged: no slip was made, and asking again under the same key is safe."""
    return refused(SlipRefused(errors.find_store_failure_code(error)))


for _failure in store_faults.FAILURES:
    blueprint.register_error_handler(_failure, answer_store_failure)


@blueprint.errorhandler(DamagedSecret)
def damaged(error: DamagedSecret) -> tuple[Response, int]:
    """Nobody can prove who they are."""
    return refused(SlipRefused("damaged_secret"))


@blueprint.errorhandler(device_key.KeyUnusable)
def no_key(error: device_key.KeyUnusable) -> tuple[Response, int]:
    """A desk that cannot sign makes no slips."""
    return refused(SlipRefused(error.code))


@blueprint.errorhandler(minting.DeviceWithdrawn)
def withdrawn(error: minting.DeviceWithdrawn) -> tuple[Response, int]:
    """A desk whose slips the centre takes no more makes none."""
    return refused(SlipRefused("device_withdrawn"))


@blueprint.errorhandler(ledger.NotPaired)
def not_paired(error: ledger.NotPaired) -> tuple[Response, int]:
    """Before pairing there are no slips; nor after a store was set aside, until the machine is paired again."""
    with current_database().read() as session:
        again = set_aside_stores.must_pair_again(session)
    return refused(SlipRefused("store_set_aside" if again else "not_installed"))


def _wish() -> SlipRequest:
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise SlipRefused("bad_request")
    wrong = [name for name, value in body.items() if name not in FIELDS or not isinstance(value, str | None)]
    if wrong:
        names = ", ".join(sorted(wrong))[:80]
        raise SlipRefused("bad_field", names=names)
    if body.get("stage") not in {stage.value for stage in Stage}:
        raise SlipRefused("bad_stage")
    try:
        due = date.fromisoformat(body["due"]) if body.get("due") else None
    except ValueError:
        raise SlipRefused("bad_due") from None
    code = body.get("dossier_code") or None
    paper = body.get("paper") or "80"
    if paper not in PAPERS:
        raise SlipRefused("bad_paper")
    return SlipRequest(Stage(body["stage"]), body.get("procedure") or None, due, code, paper)


def _own_id(own: str, now: Moment) -> str:
    """The id of the entry: by lot, or what follows from the request's key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ids.new_id(now.t)
    if not _KEY.fullmatch(key):
        raise SlipRefused("bad_key")
    digest = hmac.digest(own.encode(), b"hailong slip request\0" + key.encode(), hashlib.sha256)
    return ids.build_id(int.from_bytes(digest[:6], "big"), int.from_bytes(digest[6:16], "big") >> 6)


def _made(
    session: Session, wish: SlipRequest, now: Moment, id: str
) -> tuple[reference.Reference, minting.PrintableSlip, bool, bool]:
    """What this desk knows, the slip, whether it is tied to its dossier, and whether it is a new one."""
    desk = reference.read_reference(session)
    if desk is None:
        raise ledger.NotPaired
    before = minting.find_slip_by_id(session, id)
    if before is not None:
        slip, entry = before
        if not _same(session, desk, wish, now, slip, entry):
            raise SlipRefused("key_reused")
        return desk, slip, "r" in entry.p, False
    text = _references(desk, wish, clock_reading.read_clock(session, now).day)
    key = device_key.load_device_key(current_settings().key_file)
    tie = dossier_reference.make_dossier_opening(current_settings().key_file.read_bytes(), id, text) if text else None
    try:
        due_days = None if wish.due is None else minting.days_until_due(session, now, wish.due)
        slip = minting.mint_slip(
            session, key, now,
            stage=wish.stage, procedure=wish.procedure, due_days=due_days, id=id, tie=tie,
        )  # fmt: skip
    except minting.UnknownProcedure:
        raise SlipRefused("unknown_procedure") from None
    except ValueError:
        raise SlipRefused("bad_due") from None
    return desk, slip, tie is not None, True


def _same(
    session: Session,
    desk: reference.Reference,
    wish: SlipRequest,
    now: Moment,
    slip: minting.PrintableSlip,
    entry: Entry,
) -> bool:
    """Whether a request asks for the very slip that was made under its key, as far as that is still known."""
    day = minting.find_slip_day(entry)
    due = None if slip.due_days is None or day is None else date.fromisoformat(day) + timedelta(days=slip.due_days)
    wished_due = None if day is None else wish.due  # a slip without a date cannot say when the result is due
    if (wish.stage.value, wish.procedure, wished_due) != (entry.p["stage"], entry.p.get("procedure"), due):
        return False
    if (wish.dossier_code is None) != ("r" not in entry.p):
        return wish.dossier_code is not None  # the key of its month was not there
    waiting = session.get(WaitingSidecar, (entry.id, "r"))
    if waiting is None:
        return True  # the centre has it, and nothing here says which dossier it was
    references = dossier_code.parse_transaction_name(waiting.value) or {}
    wished = _references(desk, wish, day or clock_reading.read_clock(session, now).day)
    wished_references = dossier_code.parse_transaction_name(wished or "") or {}
    return all(references[month] == wished_references[month] for month in references.keys() & wished_references.keys())


def _references(desk: reference.Reference, wish: SlipRequest, day: str) -> str | None:
    """What is kept of the dossier; None without a code, or without the key of the month of `day`."""
    if wish.dossier_code is None:
        return None
    try:
        return dossier_reference.make_references(desk, wish.dossier_code, wish.stage, day)
    except dossier_code.BadDossierCode:
        raise SlipRefused("bad_dossier_code") from None


def _reply(slip: minting.PrintableSlip, desk: reference.Reference, paper: str, tied: bool) -> Response:
    from kiosk.slips import slip_image, slip_paper_formats

    png = base64.b64encode(slip_paper_formats.render_slips([slip], desk, paper, "png")).decode()
    svg = slip_image.qr_svg(slip.url).decode()
    return jsonify(token=slip.token, code=slip.code, url=slip.url, png=png, svg=svg, tied=tied)
