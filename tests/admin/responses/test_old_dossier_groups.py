"""Dossiers joined before answers were kept apart by agency.

What stood stays, and what comes is joined rightly, in every order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import WEB
from admin.responses import issued_slips, sidecars, transaction_settlement
from models.protocol import dossier_code
from models.storage.database import Database
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie
from models.vocabulary import Stage
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
ONE, TWO = "NB-14701", "NB-14725"
CODE = "G22.99-261130-0047"
NOVEMBER, DECEMBER = "11" * 32, "12" * 32


def reference(agency: str, month: str) -> str:
    """What a desk of this agency keeps of the dossier: November's key is every agency's, December's its own."""
    own = dossier_code.derive_agency_key(bytes.fromhex(DECEMBER), agency).hex()
    known = {"2026-11": NOVEMBER, "2026-12": own}
    return dossier_code.make_transaction_name(dossier_code.make_month_references(CODE, known, month), Stage.SUBMISSION)


def tablet(session: Session, id: str, device: str, agency: str, month: str, t: int, rule: int) -> None:
    row = make_response_row(
        id, "kiosk", 4, START + t, device_id=device, agency_key=agency, stage="submission", month=month, rule=rule
    )
    session.add(row)
    value = reference(agency, month)
    session.add(OpenedSidecar(device_id=device, id=id, kind="r", salt="", value=value, received_ms=START))
    session.flush()
    transaction_settlement.settle_arrived_answers(
        session, sidecars.apply_sidecars(session, {id: ResponseName(device, id)}, {id} if rule == 1 else ())
    )


def found(session: Session) -> dict[str, str]:
    return {id: outcome for id, outcome in session.execute(select(Response.id, Response.outcome))}


#: name → the answers that were there (id, agency, month, time), those that come, and what becomes of them
CASES: dict[str, tuple[Sequence[tuple[str, str, str, int]], Sequence[tuple[str, str, str, int]], dict[str, str]]] = {
    "two agencies, joined before": (
        [("a", ONE, "2026-11", 1), ("b", TWO, "2026-11", 2)], [], {"a": "counted", "b": "superseded"},
    ),
    "then each agency again, under its own key": (
        [("a", ONE, "2026-11", 1), ("b", TWO, "2026-11", 2)], [("c", ONE, "2026-12", 3), ("d", TWO, "2026-12", 4)],
        {"a": "counted", "b": "superseded", "c": "superseded", "d": "counted"},
    ),
    "the same agency under both keys": (
        [("a", ONE, "2026-11", 5)], [("c", ONE, "2026-12", 3), ("d", ONE, "2026-11", 4)],
        {"a": "superseded", "c": "counted", "d": "superseded"},
    ),
    "another agency's under the shared key, since": (
        [("a", ONE, "2026-11", 5)], [("c", TWO, "2026-11", 1)], {"a": "counted", "c": "counted"},
    ),
    "two agencies under the shared key, both since": (
        [], [("c", ONE, "2026-11", 1), ("d", TWO, "2026-11", 2), ("e", TWO, "2026-12", 3)],
        {"c": "counted", "d": "counted", "e": "superseded"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_order_of_what_comes_ends_the_same(store_with_agencies: Database, writer: Make, case: str) -> None:
    before, since, wanted = CASES[case]
    desks = {ONE: writer().dev, TWO: writer("NB-14725-Q1").dev}
    for order in permutations(since):
        with store_with_agencies.write() as session:
            for rule, answers in ((1, before), (2, order)):
                for id, agency, month, t in answers:
                    tablet(session, id, desks[agency], agency, month, t, rule)
            assert found(session) == wanted, order
            transaction_settlement.settle_transactions(session, wanted)
            assert found(session) == wanted, "asked again"
            session.rollback()


def test_a_rogue_s_old_tie_to_another_desk_s_slip_touches_nothing_newer(
    store_with_agencies: Database, writer: Make
) -> None:
    """What it did before stays done; an answer that comes on the slip now counts as if it were not there."""
    honest, rogue = writer().dev, writer("NB-14725-Q1").dev
    key = f"{honest}:1:1"
    with store_with_agencies.write() as session:
        for id, device, agency, channel, t, rule in (
            ("r", rogue, TWO, "kiosk", 1, 1), ("k", honest, ONE, "kiosk", 2, 1), ("n", honest, ONE, "kiosk", 3, 2),
            ("p", WEB, ONE, "qr", 4, 2),
        ):  # fmt: skip
            session.add(make_response_row(id, channel, 3, START + t, device_id=device, agency_key=agency, rule=rule))
            session.add(OpenedSidecar(device_id=device, id=id, kind="r", salt="", value=key, received_ms=START))
            session.flush()
            before = {id} if rule == 1 else ()
            transaction_settlement.settle_arrived_answers(
                session, sidecars.apply_sidecars(session, {id: ResponseName(device, id)}, before)
            )
            if id == "k":
                assert found(session) == {"r": "counted", "k": "superseded"}
            if id == "n":
                assert found(session) == {"r": "counted", "k": "superseded", "n": "counted"}
        assert found(session) == {"r": "counted", "k": "superseded", "n": "superseded", "p": "counted"}
        assert len(session.scalars(select(Tie)).all()) == 4


def test_a_slip_of_before_and_its_phone(store_with_agencies: Database, writer: Make) -> None:
    """A paper of November and the tablet's answer of December are one step, whoever came first."""
    desk = writer().dev
    slip = {
        "device_id": desk, "epoch": 1, "serial": 1, "agency_key": ONE, "desk_code": None, "stage": "submission",
        "procedure_code": None, "due_days": None, "minted_ms": START, "month": "2026-11",
    }  # fmt: skip
    with store_with_agencies.write() as session:
        value = reference(ONE, "2026-11")
        session.add(OpenedSidecar(device_id=desk, id="e", kind="r", salt="", value=value, received_ms=START))
        transaction_settlement.settle_arrived_answers(
            session, issued_slips.store_issued_slips(session, [("e", slip)])[0]
        )
        tablet(session, "k", desk, ONE, "2026-12", 1, 2)
        session.add(make_response_row("p", "qr", 2, START, device_id=WEB, agency_key=ONE, stage="submission"))
        session.add(OpenedSidecar(device_id=WEB, id="p", kind="r", salt="", value=f"{desk}:1:1", received_ms=START))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"p": ResponseName(WEB, "p")})
        )
        assert found(session) == {"k": "superseded", "p": "counted"}
