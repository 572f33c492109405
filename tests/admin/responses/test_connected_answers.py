"""References that join much, or what they must not.

There are bounds, within one agency, and nobody else's ledger stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import WEB
from admin.responses import connected_answers, listings, projection, sidecars, transaction_settlement
from admin.responses.connected_answers import Arrival
from models.protocol import sidecar, slip
from models.storage import bulk
from models.storage.database import Database
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie
from models.tables.slip_record import SlipReference
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.dossier_references import format_references, make_reference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
ONE, TWO = "NB-14701", "NB-14725"
FEW, MOST = 4, connected_answers.MOST


def say(device: LedgerWriter, store: Database, *ties: str | None, t: int = START + 10**7) -> list[str]:
    """Answers of a desk that came in one batch, each with its tie; their ids."""
    first, openings, ids = len(device.lines) + 1, [], []
    for tie in ties:
        id = make_reference(device.dev, len(device.lines))
        opened = [sidecar.make_opening(id, "r", tie)] if tie else []
        device.rate(4, id=id, t=t, stage="result", **{one.kind: one.commitment for one in opened})
        openings += opened
        ids.append(id)
    assert device.send(store, device.batch(first, sidecars=tuple(openings)))[0] == 200
    return ids


def read(store: Database, device: LedgerWriter) -> None:
    with store.write() as session:
        projection.project_entries(session, device.dev, device.ep)


def outcomes(store: Database, *ids: str) -> list[tuple[str, bool]]:
    """Of these answers the outcome, and whether a tie was passed over."""
    with store.read() as session:
        rows = {one.id: one for one in session.scalars(select(Response).where(Response.id.in_(ids)))}
        return [(rows[id].outcome, rows[id].ignored == ["tie"]) for id in ids]


@contextmanager
def counted(store: Database) -> Iterator[list[str]]:
    """The statements that are sent in between."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield sent
    event.remove(store.engine, "before_cursor_execute", note)


def test_many_answers_about_one_dossier_cost_as_many_statements_as_few(
    store_with_agencies: Database, writer: Make
) -> None:
    numbers = []
    for n, desk in ((FEW, writer()), (MOST, writer())):
        ids = say(desk, store_with_agencies, *[format_references(make_reference(n))] * n)
        with counted(store_with_agencies) as sent:
            read(store_with_agencies, desk)
        numbers.append(len(sent))
        assert outcomes(store_with_agencies, *ids) == [("counted", False)] + [("superseded", False)] * (n - 1)
    assert numbers[0] == numbers[1], "not one for each answer"


def test_as_many_dossiers_as_answers_cost_no_statements_of_their_own(
    store_with_agencies: Database, writer: Make
) -> None:
    numbers = []
    for n, desk in ((FEW, writer()), (MOST, writer())):
        say(
            desk,
            store_with_agencies,
            *(format_references(make_reference(n, k)) for k in range(n) for _twice in range(2)),
        )
        with counted(store_with_agencies) as sent:
            read(store_with_agencies, desk)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1]


def test_what_is_joined_with_more_than_a_dossier_has_counts_by_itself_and_is_noted(
    store_with_agencies: Database, writer: Make
) -> None:
    desk, shared = writer(), format_references(make_reference("one"))
    joined = say(desk, store_with_agencies, *[shared] * MOST)
    read(store_with_agencies, desk)
    more = say(
        desk,
        store_with_agencies,
        shared,
        format_references(make_reference("another")),
        format_references(make_reference("another")),
        None,
    )
    read(store_with_agencies, desk)
    wanted = [("counted", True), ("counted", False), ("superseded", False), ("counted", False)]
    assert outcomes(store_with_agencies, *more) == wanted
    assert outcomes(store_with_agencies, *joined) == [("counted", False)] + [("superseded", False)] * (MOST - 1)
    with store_with_agencies.read() as session:
        assert [(one.seq, one.ignored) for one in listings.list_responses(session, "ignored")] == [(MOST + 1, ("tie",))]
        kept = select(func.count()).where(SlipReference.reference == make_reference("one"))
        assert session.scalar(kept) == MOST, "and what they join does not grow"


def test_one_answer_does_not_bring_two_crowds_together(store_with_agencies: Database, writer: Make) -> None:
    desk, half = writer(), MOST // 2 + 1
    ids = say(
        desk, store_with_agencies, *[format_references(make_reference(side)) for side in (1, 2) for _n in range(half)]
    )
    read(store_with_agencies, desk)
    (both,) = say(desk, store_with_agencies, format_references(make_reference(1), make_reference(2)))
    read(store_with_agencies, desk)
    assert outcomes(store_with_agencies, both) == [("counted", True)]
    assert [outcome for outcome, _ignored in outcomes(store_with_agencies, *ids)].count("counted") == 2


def heap(session: Session, device: str, agency: str, slip_name: str, hub: int, each: int) -> list[str]:
    """What a former version let in: a slip that names `hub` references, of each an answer that names `each` more."""
    ids = [make_reference("leaf", k) for k in range(hub)]
    session.add_all(
        make_response_row(id, "kiosk", 3, START + k, device_id=device, agency_key=agency, stage="result")
        for k, id in enumerate(ids)
    )
    session.flush()
    bulk.insert(session, Tie, [{"response_id": id, "key": id} for id in ids])
    named = [(slip_name, make_reference(k)) for k in range(hub)]
    named += [(id, make_reference(k)) for k, id in enumerate(ids)]
    named += [(id, make_reference(k, i)) for k, id in enumerate(ids) for i in range(each)]
    rows = [{"name": name, "reference": reference, "month": "2026-10"} for name, reference in named]
    bulk.insert(session, SlipReference, rows)
    return ids


@pytest.mark.parametrize(("hub", "each"), [(MOST + 50, 1), (190, 360)])
def test_references_that_are_in_the_store_stop_nobody(
    store_with_agencies: Database, writer: Make, hub: int, each: int
) -> None:
    """More than a statement takes parameters, from one slip on; a phone answers on it. What was there stays."""
    device = writer().dev
    name = slip.name_slip(device, 1, 7)
    with store_with_agencies.write() as session:
        ids = heap(session, device, ONE, name, hub, each)
        session.add(make_response_row("p", "qr", 5, START, device_id=WEB, stage="result"))
        session.add(OpenedSidecar(device_id=WEB, id="p", kind="r", salt="", value=name, received_ms=START))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"p": ResponseName(WEB, "p")})
        )
    assert outcomes(store_with_agencies, "p", *ids) == [("counted", True)] + [("counted", False)] * hub
    with store_with_agencies.write() as session:
        session.add(make_response_row("q", "qr", 2, START, device_id=WEB, stage="result"))
        session.add(OpenedSidecar(device_id=WEB, id="q", kind="r", salt="", value=name, received_ms=START))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"q": ResponseName(WEB, "q")})
        )
    assert outcomes(store_with_agencies, "p", "q") == [("contested", True), ("counted", True)], "still one slip"


def test_another_agency_s_heap_about_a_dossier_is_not_walked(store_with_agencies: Database, writer: Make) -> None:
    """Under the key of a month that all share: the rogue's many papers are none of the other agency's."""
    rogue, honest = writer(), writer("NB-14725-Q1")
    with store_with_agencies.write() as session:
        ids = heap(session, rogue.dev, ONE, slip.name_slip(rogue.dev, 1, 7), MOST + 50, 3)
        rows = [
            {"name": id, "reference": make_reference(1), "month": "2026-10"}
            for id in ids
            if id != make_reference("leaf", 1)
        ]
        bulk.insert(session, SlipReference, rows)
    first, second, other = say(
        honest, store_with_agencies, format_references(make_reference(1)), format_references(make_reference(1)), None
    )
    with counted(store_with_agencies) as sent:
        read(store_with_agencies, honest)
    assert len(sent) < 60
    wanted = [("counted", False), ("superseded", False), ("counted", False)]
    assert outcomes(store_with_agencies, first, second, other) == wanted


def test_tablets_are_tied_to_one_slip_up_to_a_bound_and_the_phone_s_answer_always(
    store_with_agencies: Database, writer: Make
) -> None:
    desk = writer()
    name, most = slip.name_slip(desk.dev, 1, 7), sidecars.MOST_TABLETS
    ids = say(desk, store_with_agencies, *[name] * (most - 1))
    read(store_with_agencies, desk)
    ids += say(desk, store_with_agencies, name, name, name)
    read(store_with_agencies, desk)
    with store_with_agencies.write() as session:
        session.add(make_response_row("p", "qr", 5, START, device_id=WEB, stage="result"))
        session.add(OpenedSidecar(device_id=WEB, id="p", kind="r", salt="", value=name, received_ms=START))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"p": ResponseName(WEB, "p")})
        )
    found = outcomes(store_with_agencies, "p", *ids)
    assert found[0] == ("counted", False)
    assert sorted(found[1:]) == [("counted", True)] * 2 + [("superseded", False)] * most


def test_the_walk_begins_with_the_reference_and_not_with_all_answers_of_the_agency(
    store_with_agencies: Database, writer: Make
) -> None:
    """An agency has a hundred thousand answers and a dossier three."""
    desk = writer()
    say(desk, store_with_agencies, format_references(make_reference(1)))
    with store_with_agencies.write() as session, counted(store_with_agencies) as sent:
        projection.project_entries(session, desk.dev, desk.ep)
        walked = [one for one in sent if "FROM slip_reference JOIN tie" in one]
        assert len(walked) == 2 and not any("response.agency_key =" in one for one in walked)
        if store_with_agencies.is_sqlite:
            for one in walked:
                plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", ("x",) * one.count("?"))
                assert "slip_reference USING INDEX ix_slip_reference_reference" in plan.all()[0][3]


def test_a_tie_that_cannot_be_kept_is_passed_over_and_the_rest_of_its_ledger_goes_on(
    store_with_agencies: Database, writer: Make
) -> None:
    """The store refuses one reference, whatever the reason."""
    refused = {
        "sqlite": "CREATE TRIGGER refused BEFORE INSERT ON slip_reference WHEN NEW.reference = '{}' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "postgresql": "ALTER TABLE slip_reference ADD CONSTRAINT refused CHECK (reference <> '{}')",
    }
    desk = writer()
    with store_with_agencies.write() as session:
        session.execute(text(refused[session.get_bind().dialect.name].format(make_reference("bad"))))
    good, bad = format_references(make_reference("good")), format_references(make_reference("bad"))
    ids = say(desk, store_with_agencies, good, bad, good, None)
    opened = sidecar.make_opening(make_reference("slip"), "r", bad)
    desk.add("token", {"serial": 1, "stage": "result", "r": opened.commitment}, id=opened.id)
    desk.rate(2, id=make_reference("last"))
    body = desk.batch(len(ids) + 1, sidecars=(opened,))
    assert desk.send(store_with_agencies, body)[0] == 200
    read(store_with_agencies, desk)
    wanted = [("counted", False), ("counted", True), ("superseded", False), ("counted", False), ("counted", False)]
    assert outcomes(store_with_agencies, *ids, make_reference("last")) == wanted
    with store_with_agencies.read() as session:
        assert set(session.scalars(select(SlipReference.reference))) == {make_reference("good")}


def test_what_the_store_itself_fails_at_is_nobody_s_fault(store_with_agencies: Database, writer: Make) -> None:
    """Then nothing is read, and it is read again."""
    desk = writer()
    ids = say(desk, store_with_agencies, format_references(make_reference(1)), None)
    with store_with_agencies.write() as session:
        session.execute(text("ALTER TABLE slip_reference RENAME TO away"))
    with pytest.raises(Exception, match="slip_reference"):
        read(store_with_agencies, desk)
    with store_with_agencies.write() as session:
        session.execute(text("ALTER TABLE away RENAME TO slip_reference"))
    read(store_with_agencies, desk)
    assert outcomes(store_with_agencies, *ids) == [("counted", False)] * 2


def test_a_reference_that_is_named_for_two_months_is_one(store_with_agencies: Database) -> None:
    with store_with_agencies.write() as session:
        transaction_settlement.store_slip_references(
            session, {"a": {"2026-10": make_reference(1), "2026-11": make_reference(1)}}
        )
        transaction_settlement.store_slip_references(
            session, {"a": {"2026-11": make_reference(1), "2026-12": make_reference(2)}}
        )
        rows = session.execute(select(SlipReference.reference, SlipReference.month).order_by(SlipReference.month))
        assert [tuple(row) for row in rows] == [(make_reference(1), "2026-11"), (make_reference(2), "2026-12")]


def test_answers_of_full_dossiers_are_not_read_for_what_is_passed_over(
    store_with_agencies: Database, writer: Make
) -> None:
    """Papers are counted first: whoever names eight full dossiers again and again makes nobody read their answers."""
    desk = writer()
    for at in range(8):
        say(desk, store_with_agencies, *[format_references(make_reference(at))] * MOST)
    read(store_with_agencies, desk)
    with store_with_agencies.write() as session:
        session.add(
            make_response_row("one", "kiosk", 3, START, device_id=desk.dev, agency_key=ONE, stage="result", seq=999)
        )
        session.flush()
        session.add(Tie(response_id="one", key="one"))
        transaction_settlement.store_slip_references(
            session, {"one": {f"2026-0{at + 1}": make_reference(at) for at in range(8)}}
        )
        found = connected_answers.find_connected_answers(session, {"one"}, [Arrival("one", ("one",))])
    assert [member.response.id for member in found.members] == ["one"] and not found.members[0].references
    assert found.passed_over == found.lost == {"one"}
