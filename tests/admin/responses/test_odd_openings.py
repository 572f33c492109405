"""Openings that say what no desk says: passed over, they stop no ledger, no report and no upkeep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from admin.ledgers import commitment_openings, witness
from admin.responses import connected_answers, projection, sidecars, transaction_rules, transaction_settlement
from admin.statistics import restricted_items
from models.protocol import dossier_code, entry_chain, sidecar, slip_name, wire
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.ledger_entry import StoredEntry
from models.tables.response import FollowUp, Note, OpenedSidecar, Response, Tie
from models.tables.slip_record import SlipReference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
A, B = "a" * 32, "b" * 32
PROVINCE = '{"answers":[["N5",1]],"id":"province","version":1}'


def of(number: int) -> str:
    return f"{number:032x}"


def project(store: Database, device: LedgerWriter) -> None:
    with store.write() as session:
        projection.project_entries(session, device.dev, 1)


def rated_with(device: LedgerWriter, number: int, **said: str) -> list[Sidecar]:
    """A rating, and the openings of what is said beside it."""
    beside = [sidecar.make_opening(of(number), kind, value) for kind, value in said.items()]
    commitments: dict[str, Any] = {one.kind: one.commitment for one in beside}
    device.rate(5, id=of(number), **commitments)
    return beside


ODD = (
    f"2025-10={A},2025-11={A}:result",
    f"9999-12={A}:result",
    ",".join(f"{1000 + n}-01={n:032x}" for n in range(150)) + ":result",
    "[" * 8000,
)


def test_an_odd_tie_is_passed_over_and_its_ledger_goes_on(store_with_agencies: Database, writer: Make) -> None:
    store, device = store_with_agencies, writer()
    beside = [one for number, text in enumerate(ODD) for one in rated_with(device, number, r=text)]
    beside += rated_with(device, 90, r=f"2025-10={A}:result")
    slip = sidecar.make_opening(of(80), "r", ODD[0])  # a slip says the same
    device.add("token", {"serial": 1, "stage": "result", "r": slip.commitment}, id=slip.id)
    assert device.send(store, device.batch(sidecars=(*beside, slip)))[0] == 200
    project(store, device)
    with store.read() as session:
        rows = {row.id: row for row in session.scalars(select(Response))}
        assert [rows[of(n)].ignored for n in range(len(ODD))] == [[transaction_rules.TIE]] * len(ODD)
        assert {row.outcome for row in rows.values()} == {"counted"} and rows[of(90)].ignored is None
        assert session.scalars(select(Tie.response_id)).all() == [of(90)]
        kept = session.execute(select(SlipReference.name, SlipReference.reference, SlipReference.month)).all()
        assert [tuple(row) for row in kept] == [(of(90), A, "2025-10")]


LONG = ("x" * 7300, f"2025-10={A}:result" + "," * 7000, f"d-0001:1:{'7' * 7000}", f"2025-10={A}," * 170, "đ" * 3500)
WHOLE = (
    ",".join(f"2025-{month:02d}={month:032x}" for month in range(1, 9)) + ":submission",
    f"2025-10={A}:result", "d-0001:1:7", "?",
)  # fmt: skip


def test_of_a_long_tie_that_names_nothing_its_beginning_alone_is_kept(
    store_with_agencies: Database, writer: Make
) -> None:
    """So thousands of them, which pack into little, fill no store; and what stays names nothing either."""
    store, device = store_with_agencies, writer()
    beside = [one for number, text in enumerate(LONG + WHOLE) for one in rated_with(device, number, r=text)]
    assert device.send(store, device.batch(sidecars=tuple(beside)))[0] == 200
    project(store, device)
    with store.read() as session:
        kept = {row.id: row.value for row in session.scalars(select(OpenedSidecar))}
        ignored = {row.id: row.ignored for row in session.scalars(select(Response))}
    for number, text in enumerate(LONG):
        assert kept[of(number)] == text[:80] + "…" and ignored[of(number)] == [transaction_rules.TIE]
        assert slip_name.parse(kept[of(number)]) is None
        assert dossier_code.parse_transaction_name(kept[of(number)]) is None
    assert [kept[of(number)] for number in range(len(LONG), len(kept))] == list(WHOLE)


@pytest.mark.parametrize("typ", ["hb", "open", "token"])
def test_what_is_told_beside_neither_an_answer_nor_a_slip_is_not_kept(
    store_with_agencies: Database, writer: Make, typ: str
) -> None:
    """Nobody would read it. Of a slip only its tie is read."""
    store, device = store_with_agencies, writer()
    said = {"c": "Cảm ơn " * 500, "f": "0f" * 32, "r": "d-0001:1:7", "x": PROVINCE}
    beside = [sidecar.make_opening(A, kind, value) for kind, value in said.items()]
    device.add(typ, {"serial": 1, "stage": "result", **{one.kind: one.commitment for one in beside}}, id=A)
    assert device.send(store, device.batch(sidecars=tuple(beside)))[0] == 200
    with store.read() as session:
        assert session.scalars(select(OpenedSidecar.kind)).all() == ["r"] * (typ == "token")


def test_a_reference_under_two_months_is_kept_once(store_with_agencies: Database) -> None:
    """Whoever names it: what is in a store already may say it."""
    with store_with_agencies.write() as session:
        for _again in range(2):
            transaction_settlement.store_slip_references(session, {"x": {"2025-10": A, "2025-11": A, "2025-12": B}})
        found = session.scalars(select(SlipReference.reference).order_by(SlipReference.reference)).all()
        assert found == [A, B]


def test_what_cannot_be_what_its_kind_says_is_not_kept(store_with_agencies: Database, writer: Make) -> None:
    store, device = store_with_agencies, writer()
    beside = rated_with(device, 1, c="x" * 5000, f="none", x="[" * 8000)
    beside += rated_with(device, 2, c="Cảm ơn", f="0f" * 32, x=PROVINCE)
    assert device.send(store, device.batch(sidecars=tuple(beside)))[0] == 200
    project(store, device)
    with store.read() as session:
        assert set(session.scalars(select(OpenedSidecar.id))) == {of(2)}
        assert set(session.scalars(select(OpenedSidecar.kind))) == {"c", "f", "x"}
        assert session.scalars(select(FollowUp.response_id)).all() == [of(2)]
        assert session.scalar(select(func.count()).where(Response.outcome == "counted")) == 2


@pytest.mark.parametrize("value", ["[" * 8000, "{}", '{"answers":7}', '{"answers":[["N5",[]]]}', "9" * 5000, ""])
def test_what_a_store_holds_already_stops_no_report(
    store_with_agencies: Database, writer: Make, value: str
) -> None:
    store, device = store_with_agencies, writer()
    for number in range(6):
        assert device.send(store, device.batch(number + 1, sidecars=tuple(rated_with(device, number, x=PROVINCE))))
    project(store, device)
    with store.write() as session:
        months = set(session.scalars(select(Response.month)))
        assert {one.n for one in restricted_items.read_restricted_items(session, "NB", months)} == {
            0
        }  # no desk asks this
        session.execute(update(Response).values(channel="qr"))
        session.get_one(OpenedSidecar, (device.dev, of(0), "x")).value = value
        session.flush()
        found = {one.item: one.n for one in restricted_items.read_restricted_items(session, "NB", months)}
        assert found == {"N5": 5, "N6": 0}


def counted(monkeypatch: pytest.MonkeyPatch, store: Database) -> tuple[list[str], list[bytes]]:
    """The statements that are sent, and the entries that are read, from now on."""
    statements: list[str] = []
    read: list[bytes] = []
    parse = entry_chain.parse

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    def reading(raw: bytes) -> entry_chain.Entry:
        read.append(raw)
        return parse(raw)

    event.listen(store.engine, "before_cursor_execute", note)
    monkeypatch.setattr(entry_chain, "parse", reading)
    return statements, read


def test_openings_are_looked_up_together_and_an_id_of_many_entries_costs_no_more(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, device = store_with_agencies, writer()
    same = "5" * 32
    for _ in range(60):
        device.add("hb", {}, id=same)
    beside = [one for number in range(30) for one in rated_with(device, number, r=f"2025-10={A}:result")]
    assert device.send(store, device.batch())[0] == 200
    odd = [sidecar.make_opening(same, "r", f"{n}") for n in range(500)] + [
        sidecar.make_opening(same, "r", "0", A)
    ] * 500
    unknown = [sidecar.make_opening(f"{n:031x}f", "f", A * 2) for n in range(300)]
    with store.write() as session:
        judged = witness.verify_batch_body(
            session, device.batch(91, sidecars=(*odd, *unknown, *beside)), device.centre.public
        )
        statements, read = counted(monkeypatch, store)
        assert witness.accept_batch(session, judged, START, device.centre.key).status == 200
        assert len(statements) < 30
        session.rollback()
    read.clear()
    with store.write() as session:  # of an id that many entries have, a few are looked at
        commitment_openings.store_fitting_openings(session, device.dev, odd, (), START)
        assert 0 < len(read) < 10
        read.clear()
        assert (
            len(commitment_openings.store_fitting_openings(session, device.dev, [*beside, *beside], (), START))
            == 30
            == len(read)
        )
        assert commitment_openings.store_fitting_openings(session, device.dev, beside, (), START) == []


def test_more_openings_than_a_batch_can_have_are_too_many(store_with_agencies: Database, writer: Make) -> None:
    store, device = store_with_agencies, writer()
    device.rate(5, id=A)
    one = sidecar.make_opening(A, "r", "x")
    most = [one] * wire.MAX_SIDECARS
    assert wire.MAX_SIDECARS >= 3 * wire.MAX_ENTRIES  # words, a code and a tie beside each entry
    assert device.send(store, device.batch(sidecars=tuple(most), certificate=True))[0] == 200
    with pytest.raises(wire.MalformedBatch) as refused, store.read() as session:
        witness.verify_batch_body(session, device.batch(sidecars=(one, one, *most)), device.centre.public)
    assert refused.value.code == "too_many_openings"
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(StoredEntry)) == 1


def test_many_notes_that_wait_are_looked_up_a_few_at_a_time(
    store_with_agencies: Database, writer: Make
) -> None:
    store, device = store_with_agencies, writer()
    longest: list[int] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        longest.append(0 if many else len(parameters))

    device.rate(5, id=of(0))
    assert device.send(store, device.batch())[0] == 200
    project(store, device)
    with store.write() as session:
        for number in range(connected_answers.AT_ONCE * 3 + 1):
            session.add(
                Note(device_id=device.dev, response_id=of(number), text="Lời", lang="vi", browser="b", received_ms=0)
            )
    event.listen(store.engine, "before_cursor_execute", note)
    with store.write() as session:
        sidecars.attach_and_expire_notes(session, START)
    assert max(longest) < 2 * connected_answers.AT_ONCE + 20
    with store.read() as session:
        assert session.scalars(select(OpenedSidecar.kind)).all() == ["n"]
        assert session.scalar(select(func.count()).select_from(Note)) == 0
