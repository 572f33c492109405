"""Answers judged again when what they waited for has come: few at a time, each few by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select, text

from admin.cli import cli
from admin.instruments import store as instruments
from admin.ledgers.signing_keys import WEB
from admin.responses import projection, rejudgement, sidecars, slip_backfill, transaction_settlement
from models.protocol import slip
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.agency import Desk, StoredInstrument
from models.tables.device import Device, Epoch
from models.tables.response import OpenedSidecar, Response, ResponseName
from models.tables.slip_record import PrintedSlip, SlipReference
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.dossier_references import format_references, make_reference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
DAY, HOUR = 86_400_000, 3_600_000
QUAY, AGENCY = "NB-14701-Q9", "NB-14701"


def sent(store: Database, desk: LedgerWriter, openings: tuple[Sidecar, ...] = (), first: int = 1, at: int = 0) -> None:
    assert desk.send(store, desk.batch(first, sidecars=openings, now=at or None), now=at or None)[0] == 200
    with store.write() as session:
        projection.project_entries(session, desk.dev, desk.ep)


def waiting(store: Database, desk: LedgerWriter, dossiers: int, version: int = 2) -> list[str]:
    """Answers to questions that nobody knows yet: two about each dossier."""
    ids, openings, first = [], [], len(desk.lines) + 1
    for at in range(2 * dossiers):
        id = make_reference(desk.dev, at)
        tie = Sidecar(id, "r", make_reference("salt"), format_references(make_reference(desk.dev, "dossier", at // 2)))
        desk.rate(1 + at % 5, id=id, version=version, stage="result", r=tie.commitment)
        ids.append(id)
        openings.append(tie)
    sent(store, desk, tuple(openings), first)
    return ids


def questions(store: Database, version: int = 2) -> None:
    with store.write() as session:
        document = {**instruments.read_current_document(session, "short"), "version": version}
        session.add(StoredInstrument(id="short", version=version, status="open", document=document))


def outcomes(store: Database, ids: list[str]) -> list[tuple[str, list[str] | None]]:
    with store.read() as session:
        return [(one.outcome, one.ignored) for one in (session.get_one(Response, id) for id in ids)]


def test_few_are_judged_at_a_time_and_nobody_waits_for_all(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each few are written by themselves, cut anywhere: it comes out as if all had been judged at once."""
    store, written, desks = store_with_agencies, list[int](), [writer(), writer()]
    ids = [id for desk in desks for id in waiting(store, desk, 4)]
    ids += [id for desk in desks for id in [desk.rate(3, agency="NB-none")]]
    for desk in desks:
        sent(store, desk, first=len(desk.lines))
    questions(store)
    monkeypatch.setattr(rejudgement, "LOT", 3)
    event.listen(store.engine, "commit", lambda connection: written.append(1))
    assert rejudgement.rejudge_responses(store, "unknown_instrument") == 16
    assert len(written) >= 6
    assert outcomes(store, ids[:16]) == [("counted", None), ("superseded", None)] * 8
    assert rejudgement.rejudge_responses(store, *rejudgement.REASONS) == 0


def test_who_is_stopped_goes_on_where_he_stopped(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, desk = store_with_agencies, writer()
    ids = waiting(store, desk, 4)
    questions(store)
    monkeypatch.setattr(rejudgement, "LOT", 3)
    with store.write() as session:
        n, after = rejudgement.rejudge_lot(session, ["unknown_instrument"], projection.load_reference_data(session))
    assert (n, after) == (3, (desk.dev, desk.ep, 3))
    assert [outcome for outcome, _ignored in outcomes(store, ids[3:])] == ["not_counted"] * 5
    assert rejudgement.rejudge_responses(store, "unknown_instrument") == 5
    assert outcomes(store, ids) == [("counted", None), ("superseded", None)] * 4


def test_many_need_no_more_statements_than_few(store_with_agencies: Database, writer: Make) -> None:
    store, statements, needed = store_with_agencies, list[str](), list[int]()

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    for version, dossiers in ((2, 3), (3, 60)):
        ids = waiting(store, writer(), dossiers, version)
        questions(store, version)
        with store.write() as session:
            known, before = projection.load_reference_data(session), len(statements)
            assert rejudgement.rejudge_lot(session, ["unknown_instrument"], known) == (2 * dossiers, None)
            needed.append(len(statements) - before)
        assert outcomes(store, ids) == [("counted", None), ("superseded", None)] * dossiers
    assert needed[0] == needed[1] < 40


def test_one_that_cannot_be_settled_stops_no_other(store_with_agencies: Database, writer: Make) -> None:
    """The store refuses what would become of one of them, whatever the reason."""
    store = store_with_agencies
    ids = waiting(store, writer(), 3)
    questions(store)
    refused = {
        "sqlite": "CREATE TRIGGER refused BEFORE UPDATE ON response WHEN NEW.id = '{}' AND NEW.outcome = 'superseded' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "postgresql": "ALTER TABLE response ADD CONSTRAINT refused CHECK (id <> '{}' OR outcome <> 'superseded')",
    }
    with store.write() as session:
        session.execute(text(refused[session.get_bind().dialect.name].format(ids[3])))
    assert rejudgement.rejudge_responses(store, "unknown_instrument") == 6
    joined = [("counted", None), ("superseded", None)]
    alone = [("counted", ["tie"])] * 2
    assert outcomes(store, ids) == [*joined, *alone, *joined]


def known(store: Database, desk: LedgerWriter) -> None:
    """The desk is added, as the command does it."""
    with store.write() as session:
        session.add(Desk(code=QUAY, agency_key=AGENCY, name_vi="Quầy 9"))
        session.get_one(Device, desk.dev).desk_code = QUAY


def unknown(store: Database, desk: LedgerWriter) -> None:
    """As after a restore that took the certificate back, of a desk that is not there any more."""
    with store.write() as session:
        row = session.get_one(Epoch, (desk.dev, desk.ep))
        row.agency_key, row.desk_code = None, QUAY
        session.get_one(Device, desk.dev).desk_code = None


def phone(store: Database, desk: LedgerWriter, serial: int, channel: str, at: int) -> str:
    id = make_reference(desk.dev, "phone", serial, channel)
    with store.write() as session:
        stage = None if channel == "code" else "result"
        session.add(make_response_row(id, channel, 1, at, device_id=WEB, stage=stage, agency_key=AGENCY))
        name = slip.name_slip(desk.dev, desk.ep, serial)
        session.add(OpenedSidecar(device_id=WEB, id=id, kind="r", salt="", value=name, received_ms=at))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {id: ResponseName(WEB, id)})
        )
    return id


def ledger(store: Database, desk: LedgerWriter) -> list[str]:
    """A ledger with slips, some of them answered, receipts, and answers at the tablet about the same dossiers."""
    ids, openings = list[str](), list[Sidecar]()

    def token(serial: int, minute: int, dossier: str | None = None, **more: Any) -> None:
        tie = Sidecar(
            make_reference(desk.dev, serial),
            "r",
            make_reference("salt"),
            format_references(make_reference(desk.dev, dossier)),
        )
        said = {"r": tie.commitment} if dossier else {}
        p = {"serial": serial, "stage": "result", "minute": minute // 60_000, **more, **said}
        desk.add("token", p, id=tie.id, t=minute)
        openings.extend([tie] if dossier else [])

    def tablet(name: str) -> None:
        tie = Sidecar(
            make_reference(desk.dev, name),
            "r",
            make_reference("salt"),
            format_references(make_reference(desk.dev, name)),
        )
        ids.append(desk.rate(2, id=tie.id, t=START + HOUR, stage="result", r=tie.commitment))
        openings.append(tie)

    token(1, START + HOUR, "one", procedure="1.001193")
    token(2, START + HOUR, procedure="9.9")
    tablet("one")
    sent(store, desk, tuple(openings), at=START + DAY)
    openings.clear()
    first = len(desk.lines) + 1
    desk.add("anchor", {"h": desk.head(), "seq": first - 1, "t": START + DAY}, t=START + DAY)
    token(3, START + 2 * HOUR, "three")  # before the receipt: cannot be true
    token(4, START + DAY + HOUR, due_days=3)
    tablet("three")
    ids += [phone(store, desk, 1, "qr", START + 2 * DAY), phone(store, desk, 2, "code", START + 70 * DAY)]
    ids += [phone(store, desk, 3, "qr", START + 2 * DAY), phone(store, desk, 4, "code", START + 2 * DAY)]
    sent(store, desk, tuple(openings), first, at=START + 3 * DAY)
    return ids


def came_of(store: Database, desk: LedgerWriter, ids: list[str]) -> tuple[Any, ...]:
    """What the centre made of a ledger: its answers, slips and what these belong to."""
    with store.read() as session:
        answers = [session.get_one(Response, id) for id in ids]
        names = ("outcome", "reason", "ignored", "stage", "procedure_code", "agency_key", "desk_code", "later_score")
        columns = [name for name in PrintedSlip.__table__.columns.keys() if name != "device_id"]
        of_desk = select(PrintedSlip).where(PrintedSlip.device_id == desk.dev).order_by(PrintedSlip.serial)
        slips = [tuple(getattr(one, name) for name in columns) for one in session.scalars(of_desk)]
        refs = select(SlipReference.name).where(
            SlipReference.name.in_([slip.name_slip(desk.dev, 1, n) for n in (1, 2, 3)])
        )
        return (
            [tuple(getattr(one, name) for name in names) for one in answers], slips,
            sorted(name.removeprefix(desk.dev) for name in session.scalars(refs)),
            session.get_one(Epoch, (desk.dev, desk.ep)).agency_key,
        )  # fmt: skip


WAYS = ("at once", "a few at a time", "after being stopped", "when more comes")


@pytest.mark.parametrize("way", WAYS)
def test_slips_of_a_desk_that_was_unknown_are_kept_when_it_is_known(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """With what was answered on them, and as if it had been known all the time."""
    store, there, late = store_with_agencies, writer(), writer()
    unknown(store, late)
    with store.write() as session:
        session.get_one(Epoch, (there.dev, 1)).desk_code = QUAY
    ids = ledger(store, late)
    assert came_of(store, late, ids)[1:3] == ([], [])
    known(store, late)
    wanted = came_of(store, there, ledger(store, there))
    assert len(wanted[1]) == 4 and {row[0] for row in wanted[0]} == {"counted", "superseded", "not_counted"}
    if way != "at once":
        monkeypatch.setattr(slip_backfill, "STEP", 2)
    if way == "after being stopped":
        with store.write() as session:
            row, device = session.get_one(Epoch, (late.dev, 1)), session.get_one(Device, late.dev)
            by = projection.make_recorder_context(row, device, projection.load_reference_data(session))
            assert slip_backfill.backfill_some_slips(session, row, by, slip_backfill.begin_backfill(row)) is not None
    if way == "when more comes":
        late.add("hb", {})
        sent(store, late, first=len(late.lines), at=START + 4 * DAY)
        assert came_of(store, late, ids)[1:] == wanted[1:]
    assert rejudgement.rejudge_responses(store, *rejudgement.REASONS) == 2
    assert came_of(store, late, ids) == wanted
    assert rejudgement.rejudge_responses(store, *rejudgement.REASONS) == 0


@pytest.mark.parametrize("words", [("desks", "add", AGENCY, QUAY, "Quầy 9"), ("upgrade",)])
def test_a_command_that_is_given_again_goes_on_where_it_was_stopped(
    tmp_path: Path, store_with_agencies: Database, writer: Make, words: tuple[str, ...]
) -> None:
    """The desk was added, and what had waited for it was not judged yet."""
    store, desk = store_with_agencies, writer()
    unknown(store, desk)
    id = desk.rate(4)
    sent(store, desk)
    known(store, desk)
    url = store.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(cli, words, env={"HAILONG_INSTANCE": str(tmp_path / "keys"), "DATABASE_URL": url})
    assert outcomes(store, [id]) == [("counted", None)], done.output
