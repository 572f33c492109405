"""Spending of a slip: once, by the first browser; another browser's answer is kept beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers import sightings, slip_ledger_check
from admin.slips.slip_proof import ProvedSlip, SlipRefused
from models.protocol import slip
from models.storage import bulk
from models.tables.response import LaterAnswer, SpentSlip


@dataclass(frozen=True, slots=True)
class SlipUse:
    """A response that wants to spend a slip. `t` is when (ms since 1970, UTC)."""

    proved: ProvedSlip
    id: str
    browser: str
    t: int


def hash_browser_secret(secret: str) -> str:
    """Under what name a browser's own secret is kept."""
    return hashlib.sha256(b"hailong browser\0" + secret.encode()).hexdigest()


def find_slip_use(session: Session, proved: ProvedSlip) -> SpentSlip | None:
    """How the slip was used, or None."""
    return session.get(SpentSlip, (proved.device_id, proved.slip.epoch, proved.slip.serial))


def find_browser_answer(
    session: Session, proved: ProvedSlip, *, browser: str = "", id: str = ""
) -> SpentSlip | LaterAnswer | None:
    """The answer on this slip that a browser (its secret) gave, or that has this id; None if there is none."""
    hashed = hash_browser_secret(browser) if browser else ""
    first, paper = find_slip_use(session, proved), proved.slip
    if first is not None and (first.browser == hashed or first.response_id == id):
        return first
    later = select(LaterAnswer).where(
        LaterAnswer.device_id == proved.device_id,
        LaterAnswer.epoch == paper.epoch,
        LaterAnswer.serial == paper.serial,
        (LaterAnswer.browser == hashed) | (LaterAnswer.response_id == id),
    )
    return session.scalars(later.order_by(LaterAnswer.spent_ms).limit(1)).first() if first is not None else None


def list_browser_answers(session: Session, proved: ProvedSlip, secret: str) -> list[SpentSlip | LaterAnswer]:
    """The answers on this slip that were given in a browser (its secret for this slip), the first one first: its own,
    and those of other people who came to the same browser (`other_person_secret`)."""
    first, paper = find_slip_use(session, proved), proved.slip
    if first is None or not secret:
        return []
    later = select(LaterAnswer).where(
        LaterAnswer.device_id == proved.device_id,
        LaterAnswer.epoch == paper.epoch,
        LaterAnswer.serial == paper.serial,
    )
    rows: list[SpentSlip | LaterAnswer] = [first, *session.scalars(later.order_by(LaterAnswer.spent_ms))]
    own = hash_browser_secret(secret)
    return [
        row for row in rows if row.browser in (own, hash_browser_secret(other_person_secret(secret, row.response_id)))
    ]


def other_person_secret(secret: str, id: str) -> str:
    """By what another person at the same browser is known, who gives the answer `id`: nobody without the browser's
    secret can tell that the two have anything in common."""
    return f"{secret}\n{id}"


def claim_slip(session: Session, use: SlipUse) -> str:
    """Let a response spend its slip, or stand beside the one that did. Returns the id of this browser's answer: the
    given one if it is new, else that of its first answer.

    Two at once may clash (IntegrityError); the one that is asked again finds the other's answer. How many may stand
    there is asked before (`admin.slips.anonymous_request_limits`).
    """
    device, paper = use.proved.device_id, use.proved.slip
    used = session.get(SpentSlip, (device, paper.epoch, paper.serial), with_for_update=True)
    if used is None:
        try:
            spend_slips(session, [use])
            return use.id
        except SlipRefused as refused:  # another one did so just now: this one stands beside it
            if refused.code != "slip_used":
                raise
    own = find_browser_answer(session, use.proved, browser=use.browser, id=use.id)
    if own is not None:
        return own.response_id
    session.add(
        LaterAnswer(
            device_id=device,
            epoch=paper.epoch,
            serial=paper.serial,
            browser=hash_browser_secret(use.browser),
            response_id=use.id,
            spent_ms=use.t,
        )
    )
    session.flush()
    return use.id


def spend_slips(session: Session, uses: Sequence[SlipUse]) -> set[str]:
    """Spend slips, each for one response; returns the ids that spent theirs now (others had done so before).

    Raises `SlipRefused` (`slip_used`) when another response has spent a slip, and then spends none.
    """
    answer_ids: dict[str, str] = {}
    for device, epoch in {(use.proved.device_id, use.proved.slip.epoch) for use in uses}:
        serials = [use.proved.slip.serial for use in uses if use.proved.device_id == device]
        statement = select(SpentSlip.serial, SpentSlip.response_id).where(
            SpentSlip.device_id == device, SpentSlip.epoch == epoch, SpentSlip.serial.in_(serials)
        )
        for serial, response_id in session.execute(statement.with_for_update()):
            answer_ids[slip.name_slip(device, epoch, serial)] = response_id
    if any(answer_ids.get(use.proved.tie, use.id) != use.id for use in uses):
        raise SlipRefused("slip_used")
    new = [use for use in uses if use.proved.tie not in answer_ids]
    if not new:
        return set()
    bulk.insert(
        session,
        SpentSlip,
        [
            {
                "device_id": use.proved.device_id,
                "epoch": use.proved.slip.epoch,
                "serial": use.proved.slip.serial,
                "response_id": use.id,
                "browser": hash_browser_secret(use.browser),
                "spent_ms": use.t,
                **_place(use.proved.slip),
            }
            for use in new
        ],
    )
    # The citizen's phone has told us what the desk's ledger was when the slip was printed.
    sightings.record_sightings(
        session,
        [
            sightings.SightedPoint(
                use.proved.device_id,
                use.proved.slip.epoch,
                use.proved.slip.seq,
                use.proved.slip.head.hex(),
                "slip",
                use.t,
                use.proved.token.encode(),
            )
            for use in new
            if use.proved.slip.seq
        ],
    )
    for device, epoch in sorted({(use.proved.device_id, use.proved.slip.epoch) for use in new}):
        slip_ledger_check.check_used_slips(session, device, epoch)
    return {use.id for use in new}


def _place(paper: slip.Slip) -> dict[str, int | None]:
    """Where the token says that its ledger holds it. A typed code does not say; the centre's own slips are known to be
    recorded, or they would not have been proved."""
    if not paper.seq or paper.device == slip.CENTRE_NUMBER:
        return {"seq": None, "minute": None}
    return {"seq": paper.seq, "minute": paper.minute}
