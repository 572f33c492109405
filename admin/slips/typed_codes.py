"""Typed codes: the code under a slip's QR for whoever cannot scan, `XXXX XXXX XXXX XXXX`.

It is checked once, where guessing is limited; from there on the address carries the code and the name of its device
under the centre's own seal, which nobody can guess. It names a serial and no more: when the slip was made and for what
is known once its ledger has come.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import CentreKeys
from admin.slips import code_and_dossier_keys, slip_validity
from admin.slips.slip_validity import Validity
from models.clock import MINUTE_MS
from models.protocol import form_seal, slip, slip_typed_code
from models.protocol.slip_typed_code import TypedCode
from models.tables.agency import Procedure
from models.tables.device import Device, Epoch
from models.tables.slip_record import PrintedSlip
from models.vocabulary import Stage

#: Addresses that were handed out before names were drawn name no device.
_SEALED = re.compile(r"([0-9A-Z]{16})\.([0-9]{1,10})(?:\.([a-z0-9\-]{1,24}))?\.([0-9a-f]{32})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenedCode:
    """The slip a code names, and its device's whole name. `sure`: its ledger has come, so stage, procedure and days are
    known. `validity`: when it was made and until when it works."""

    slip: slip.Slip
    device_id: str
    sure: bool
    validity: Validity


def seal_typed_code(session: Session, centre: CentreKeys, readings: Sequence[TypedCode]) -> str | None:
    """What stands in addresses for a typed code, of which these are the readings; None when none of them is one. A
    wrong reading costs one look-up and one check, whatever is wrong with it (one check more for each further device
    with its number)."""
    for typed in readings:
        maker = _maker(centre, typed, _epochs(session, typed.device))
        if maker is not None:
            return _sealed(centre, typed, *maker)
    return None


def _sealed(centre: CentreKeys, typed: TypedCode, device: str, epoch: int) -> str:
    code = slip_typed_code.make_typed_code(
        typed.device, epoch, typed.serial, code_and_dossier_keys.derive_typed_key(centre.codes, device, epoch)
    )
    seal = form_seal.make_seal(centre.page_key, f"typed\n{code}\n{epoch}\n{device}")
    return f"{code}.{epoch}.{device}.{seal}"


def _epochs(session: Session, number: int) -> list[tuple[str, int]]:
    """The epochs, newest first, of the devices that have this number."""
    rows = select(Epoch.device_id, Epoch.epoch).order_by(Epoch.epoch.desc(), Epoch.device_id)
    if number == slip.CENTRE_NUMBER:
        rows = rows.where(Epoch.device_id == slip.CENTRE_ID)
    else:
        rows = rows.join(Device, Device.id == Epoch.device_id).where(Device.number == number)
    return [(device, epoch) for device, epoch in session.execute(rows)]


def _maker(centre: CentreKeys, typed: TypedCode, epochs: list[tuple[str, int]]) -> tuple[str, int] | None:
    """The device and epoch under whose key a code is genuine."""
    could = [(device, epoch) for device, epoch in epochs if epoch & slip_typed_code.MAX_EPOCH == typed.epoch]
    for device, epoch in could or [("", typed.epoch)]:
        if (
            slip_typed_code.is_genuine(
                typed, epoch, code_and_dossier_keys.derive_typed_key(centre.codes, device, epoch)
            )
            and could
        ):
            return device, epoch
    return None


def open_sealed_code(session: Session, centre: CentreKeys, token: str, now_ms: int) -> OpenedCode | None:
    """The slip of what `seal_typed_code` gave; None for anything else."""
    match = _SEALED.match(token)
    typed = slip_typed_code.parse(match[1]) if match else None
    if match is None or typed is None:
        return None
    epoch, device = int(match[2]), match[3]
    sealed = f"typed\n{match[1]}\n{epoch}" + (f"\n{device}" if device else "")
    if not form_seal.is_valid_seal(centre.page_key, sealed, match[4]):
        return None
    if not device:
        maker = _maker(centre, typed, [one for one in _epochs(session, typed.device) if one[1] == epoch])
        if maker is None:
            return None
        device = maker[0]
    printed = session.get(PrintedSlip, (device, epoch, typed.serial))
    lasts = (
        slip_validity.unseen_slip_validity(session, device, epoch)
        if printed is None
        else slip_validity.printed_slip_validity(printed)
    )
    return OpenedCode(_slip(session, typed, epoch, printed, now_ms), device, printed is not None, lasts)


def _slip(session: Session, typed: TypedCode, epoch: int, printed: PrintedSlip | None, now_ms: int) -> slip.Slip:
    number = slip.NO_PROCEDURE
    if printed is not None and printed.procedure_code:
        number = (
            session.scalar(select(Procedure.number).where(Procedure.code == printed.procedure_code))
            or slip.NO_PROCEDURE
        )
    return slip.Slip(
        device=typed.device,
        epoch=epoch,
        serial=typed.serial,
        seq=0,
        head=bytes(8),
        procedure=number,
        stage=Stage(printed.stage) if printed else Stage.SUBMISSION,
        minute=(printed.minted_ms if printed else now_ms) // MINUTE_MS,
        due_days=printed.due_days if printed else None,
    )
