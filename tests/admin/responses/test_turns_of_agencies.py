"""Turns on PostgreSQL: who joins answers of one agency keeps nobody of another waiting.

That holds whoever waits for him. SQLite has one writer at a time.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from admin import jobs
from admin.api.slips import announced_slips, api_keys, request
from admin.ledgers import witness
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import projection, transaction_settlement
from admin.slips import slip_proof
from admin.survey import phone_drafts
from models.protocol import sidecar
from models.tables.device import Epoch
from models.tables.response import Response, Tie
from models.tables.slip_record import DossierKey, SlipReference
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.rogue_world import DOSSIERS, LONG_AGO, OWN, LedgerPen, Province, Week, make_event_id

#: How long a thread is given that has nobody to wait for, in seconds; it takes a fraction of one.
PATIENCE = 30


@pytest.fixture
def week(postgres_store_url: str, keys: CentreKeys) -> Iterator[Week]:
    province = Province(postgres_store_url, keys)
    with province.store.write() as session:
        week = Week(province, session)
        for who, dossier in (("a", None), ("b", DOSSIERS[0])):
            week.slip(who, 1, dossier)
            week.slip(who, 2, None)
            week.send(who)
        week.begin("a", 1, 1, 2)
    yield week
    province.store.close()


def act(week: Week, *acts: Callable[[Week], object]) -> None:
    """Each in a transaction of its own."""
    for one in acts:
        with week.province.store.write() as session:
            there = copy.copy(week)
            there.session = session
            one(there)


def thread(work: Callable[[], object]) -> threading.Thread:
    started = threading.Thread(target=work, daemon=True)
    started.start()
    return started


def waiting(week: Week, n: int) -> None:
    """Until so many wait for a turn."""
    asked = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _try in range(PATIENCE * 20):
        with week.province.store.read() as session:
            if session.scalar(asked) == n:
                return
        threading.Event().wait(0.05)
    raise AssertionError(f"{n} do not wait")


def sync(week: Week, pen: LedgerPen, tie: str | None) -> None:
    """A desk's answer comes in and is read."""
    openings = [sidecar.make_opening(make_event_id("tap", pen.dev), "r", tie)] if tie else []
    says = {one.kind: one.commitment for one in openings}
    pen.rate(4, id=make_event_id("tap", pen.dev), t=week.now, stage="result", **says)
    body = pen.batch(pen.sent + 1, sidecars=tuple(openings), now=week.now)

    def accept(there: Week) -> None:
        judged = witness.verify_batch_body(there.session, body, week.centre.public)
        assert witness.accept_batch(there.session, judged, week.now, week.centre.key).status == 200

    act(week, accept, lambda there: projection.project_entries(there.session, pen.dev, pen.ep))


def long_form(there: Week) -> None:
    proved = slip_proof.prove_slip(there.session, there.tokens[("a", 2)], there.centre, there.now)
    phone_drafts.begin_long_answer(
        there.session, there.centre, proved, make_event_id("long"), "sipas23", "vi", there.now
    )


def announce(there: Week) -> None:
    """Another system announces a slip for the agency that is at its turn."""
    session, agency = there.session, there.pens["a"].agency
    held = api_keys.lock_key_by_secret(session, api_keys.add_key(session, "Một cửa", agency, there.now))
    assert held is not None
    asked = request.parse_announcement(json.dumps({"agency": agency, "stage": "result"}).encode())
    announced_slips.announce_slips(session, there.centre, held, asked, None, there.now)


def test_others_are_counted_while_one_agency_s_answers_are_joined(week: Week) -> None:
    """Its own phone's answer, its long form and its own desk wait for it; nobody waits for these, nor on its slips."""
    held, go, pens = threading.Event(), threading.Event(), week.pens

    def joins(session: Session) -> None:
        """As a projection does that takes long."""
        transaction_settlement.lock_agencies(session, {OWN})
        session.scalars(select(Epoch).where(Epoch.device_id == pens["a"].dev).with_for_update()).all()
        held.set()
        assert go.wait(PATIENCE)

    first = thread(lambda: act(week, lambda there: joins(there.session)))
    assert held.wait(PATIENCE)
    behind = [
        thread(lambda: act(week, lambda there: there.end("a", 1, 1))),
        thread(lambda: act(week, long_form)),
        thread(
            lambda: act(
                week, lambda there: projection.project_entries(there.session, pens["rogue"].dev, pens["rogue"].ep)
            )
        ),
    ]
    waiting(week, 3)
    others = [
        thread(lambda: act(week, lambda there: there.begin("a", 2, 1, 3))),
        thread(lambda: act(week, lambda there: there.begin("b", 1, 1, 5), lambda there: there.end("b", 1, 1))),
        thread(lambda: sync(week, pens["b"], DOSSIERS[0])),
        thread(lambda: sync(week, pens["c"], None)),
        thread(lambda: act(week, announce)),
    ]
    for one in others:
        one.join(PATIENCE)
    assert [one.is_alive() for one in (*others, *behind)] == [False] * len(others) + [True] * len(behind)
    go.set()
    for one in (first, *behind):
        one.join(PATIENCE)
        assert not one.is_alive()
    with week.province.store.read() as session:
        found = {one.id: one.outcome for one in session.scalars(select(Response))}
    assert found == {
        make_event_id("phone", "a", 1, 1): "counted", make_event_id("phone", "b", 1, 1): "counted",
        make_event_id("tap", pens["b"].dev): "superseded", make_event_id("tap", pens["c"].dev): "counted",
    }  # fmt: skip


def test_what_the_first_rules_judge_waits_for_all_and_all_for_it(week: Week) -> None:
    """There answers were joined over all agencies."""
    held, go = threading.Event(), threading.Event()

    def everywhere(there: Week) -> None:
        transaction_settlement.lock_all_agencies(there.session)
        held.set()
        assert go.wait(PATIENCE)

    first = thread(lambda: act(week, everywhere))
    assert held.wait(PATIENCE)
    second = thread(lambda: act(week, lambda there: transaction_settlement.lock_agencies(there.session, {OWN})))
    waiting(week, 1)
    go.set()
    for one in (first, second):
        one.join(PATIENCE)
        assert not one.is_alive()


def test_who_settles_a_slip_waits_for_all_whose_answers_are_on_it(week: Week) -> None:
    """A desk went to another agency since: an older answer on its slip is of that one."""
    own, other, key = week.pens["a"].agency, week.pens["b"].agency, "d-0042:1:9"
    assert own != other
    with week.province.store.write() as session:
        session.add(make_response_row("older", "qr", 2, week.now, device_id=WEB, agency_key=other))
        session.add(make_response_row("newer", "qr", 1, week.now, device_id=WEB, agency_key=own, seq=2))
        session.flush()
        session.add_all([Tie(response_id=id, key=key) for id in ("older", "newer")])
    held, go = threading.Event(), threading.Event()

    def joins(there: Week) -> None:
        transaction_settlement.lock_agencies(there.session, {other})
        held.set()
        assert go.wait(PATIENCE)

    def settles(there: Week) -> None:
        transaction_settlement.lock_agencies(there.session, {own})
        transaction_settlement.settle_transaction(there.session, key)

    first = thread(lambda: act(week, joins))
    assert held.wait(PATIENCE)
    second = thread(lambda: act(week, settles))
    waiting(week, 1)
    go.set()
    for one in (first, second):
        one.join(PATIENCE)
        assert not one.is_alive()
    with week.province.store.read() as session:
        assert session.get_one(Response, "older").outcome == "contested"


def beside_the_jobs(week: Week, before: Callable[[Week], object], after: Callable[[Week], object]) -> None:
    """Do something at the agency's turn before the jobs run, and something when they wait for it."""
    held, go = threading.Event(), threading.Event()

    def slowly(there: Week) -> None:
        transaction_settlement.lock_agencies(there.session, {OWN})
        before(there)
        held.set()
        assert go.wait(PATIENCE)
        after(there)

    first = thread(lambda: act(week, slowly))
    assert held.wait(PATIENCE)
    wrong: list[Exception] = []

    def settle() -> None:
        try:
            jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
        except Exception as error:  # told below
            wrong.append(error)

    jobs_run = thread(settle)
    waiting(week, 1)
    go.set()
    for one in (first, jobs_run):
        one.join(PATIENCE)
        assert not one.is_alive()
    assert wrong == []


def test_what_was_left_in_the_centre_s_own_ledger_is_read_at_everybody_s_turn(week: Week) -> None:
    """A phone's answer was accepted and not read. Meanwhile the tablet's answer on the same slip comes in, and another
    phone's at that agency: it needs the ledger, which the jobs must not hold while they wait for the agency."""
    act(week, lambda there: there.end("a", 1, 1), lambda there: there.begin("a", 2, 1, 3))

    def unread(there: Week) -> None:
        there.session.execute(delete(Tie))
        there.session.execute(delete(Response))
        there.session.execute(update(Epoch).where(Epoch.device_id == WEB).values(projected_seq=0))

    def tap(there: Week) -> None:
        there.tap("a", 7, 5, "1")
        there.send("a")

    act(week, unread)
    beside_the_jobs(week, tap, lambda there: there.end("a", 2, 1))
    with week.province.store.read() as session:
        found = {one.id: one.outcome for one in session.scalars(select(Response))}
    assert found == {
        make_event_id("phone", "a", 1, 1): "counted",
        make_event_id("tap", "a", 7): "superseded",
        make_event_id("phone", "a", 2, 1): "counted",
    }


def test_a_month_s_references_go_at_everybody_s_turn(week: Week) -> None:
    """One that is kept just then goes with the others, and stays joined with them."""
    reference = "ab" * 16

    def keep(name: str) -> Callable[[Week], object]:
        return lambda there: transaction_settlement.store_slip_references(there.session, {name: {LONG_AGO: reference}})

    act(week, keep("d-0001:1:1"))
    beside_the_jobs(week, keep("d-0001:1:2"), lambda there: None)
    with week.province.store.read() as session:
        assert session.scalars(select(DossierKey.key).where(DossierKey.month == LONG_AGO)).one() == ""
        names = ("d-0001:1:1", "d-0001:1:2")
        kept = session.scalars(select(SlipReference.reference).where(SlipReference.name.in_(names))).all()
    assert len(kept) == 2 and len(set(kept)) == 1 and kept[0] != reference
