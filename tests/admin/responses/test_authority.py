"""The table of authority, walked field by field for each recorder; rules that came later.

Each row must matter: without it the same entry has another effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from admin.ledgers import recorder, witness
from admin.ledgers.signing_keys import IMPORT, WEB, CentreKeys
from admin.responses import field_authority, projection, rejudgement, rule_change_report
from admin.responses.field_authority import TABLE, EntryField, Recorder
from admin.slips import slip_proof
from admin.statistics.tallies import recount
from models.migrations.run_alembic import move_to_revision
from models.protocol import entry_chain, sidecar
from models.storage.database import Database
from models.tables.agency import Desk
from models.tables.device import Device, Epoch
from models.tables.response import OpenedSidecar, Response
from models.tables.slip_record import AnnouncedSlip, ApiKey, PrintedSlip
from models.tables.tally import TallyMonth
from tests.fixtures.first_rules import read_under_first_rules
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
OWN, OTHER, QUAY = "NB-14701", "NB-14725", "NB-14701-Q1"
DAY = 86_400_000
RECEIVED = START + 10 * DAY


@dataclass(frozen=True)
class Case:
    """What an entry says beside an honest answer, and what becomes of it; by the table, and without its row."""

    says: dict[str, Any]
    becomes: dict[str, Any]
    t: int = START + DAY
    counted: bool = True


def refused(reason: str, says: dict[str, Any], **becomes: Any) -> Case:
    return Case(says, {"reason": reason, **becomes}, counted=False)


def passed_over(name: str, column: str, value: str, **becomes: Any) -> Case:
    return Case({name: value}, {"reason": None, column: None, "ignored": [name], **becomes})


PROCEDURE = passed_over("procedure", "procedure_code", "9.999999")
STAGE = passed_over("stage", "stage", "heaven")
DECIDER = passed_over("decider", "decider_key", OTHER)
NO_MONTH = Case({"month": "2019-01"}, {"month": "2025-10", "ignored": ["month"]})
EARLY = Case({}, {"at_ms": START, "claimed_ms": START - 90 * DAY, "month": "2025-10"}, t=START - 90 * DAY)
LATE = Case({}, {"at_ms": RECEIVED, "month": "2025-10"}, t=RECEIVED + 90 * DAY)

CASES: dict[tuple[EntryField, Recorder], list[Case]] = {
    (EntryField.AGENCY, Recorder.DESK): [
        refused("foreign_agency", {"agency": agency}, agency_key=OWN, decider_key=None)
        for agency in (OTHER, "NB-99999", "", "x" * 60)
    ],
    (EntryField.DESK, Recorder.DESK): [
        refused("foreign_agency", {"desk": desk}, desk_code=QUAY) for desk in ("NB-14701-Q2", "NB-14725-Q1", "nowhere")
    ],
    (EntryField.CHANNEL, Recorder.DESK): [
        refused("wrong_channel", {"channel": channel}) for channel in ("qr", "code", "poster", "paper")
    ],
    (EntryField.CHANNEL, Recorder.PHONE): [
        refused("wrong_channel", {"channel": channel}) for channel in ("kiosk", "paper")
    ],
    (EntryField.CHANNEL, Recorder.IMPORT): [
        refused("wrong_channel", {"channel": channel}) for channel in ("kiosk", "qr", "code", "poster")
    ],
    **{(EntryField.PROCEDURE, by): [PROCEDURE] for by in Recorder},
    **{(EntryField.STAGE, by): [STAGE] for by in Recorder},
    **{(EntryField.DECIDER, by): [DECIDER] for by in Recorder},
    (EntryField.MONTH, Recorder.DESK): [NO_MONTH],
    (EntryField.MONTH, Recorder.PHONE): [NO_MONTH],
    (EntryField.TIME, Recorder.DESK): [EARLY, LATE],
    (EntryField.TIME, Recorder.PHONE): [EARLY, LATE],
    (EntryField.TIME, Recorder.IMPORT): [LATE],
}
CHANNELS = {Recorder.DESK: "kiosk", Recorder.PHONE: "qr", Recorder.IMPORT: "paper"}
NAMES = {Recorder.PHONE: WEB, Recorder.IMPORT: IMPORT}


class Ledger:
    """One ledger of a kind of recorder, and the rows that become of its entries."""

    def __init__(self, database: Database, make: Make, keys: CentreKeys, by: Recorder) -> None:
        self.database, self.keys, self.by = database, keys, by
        self.device = make(QUAY) if by is Recorder.DESK else None
        self.number = 0
        if self.device is None:
            with database.write() as session:
                recorder.lock_open_epoch(session, keys, NAMES[by], START)

    def read(self, cases: list[Case]) -> list[Response]:
        """Write an entry a case, and read them; the rows in that order."""
        ids = []
        for case in cases:
            self.number += 1
            ids.append(f"{'abc'[list(Recorder).index(self.by)]}{self.number:031x}")
            said = {
                "agency": OWN, "answers": [["overall", 4]], "channel": CHANNELS[self.by], "instrument": "short",
                "lang": "vi", "state": "complete", "version": 1, **case.says,
            }  # fmt: skip
            if self.device is not None:
                self.device.add("rating", said, id=ids[-1], t=case.t)
            else:
                with self.database.write() as session:
                    answer = recorder.RecordedAnswer(ids[-1], said, case.t)
                    recorder.record_answers(session, self.keys, NAMES[self.by], [answer], RECEIVED)
        if self.device is not None:
            first = self.number - len(cases) + 1
            assert self.device.send(self.database, self.device.batch(first), now=RECEIVED)[0] == 200
        with self.database.write() as session:
            projection.project_entries(session, self.device.dev if self.device else NAMES[self.by], 1)
        with self.database.read() as session:
            return [session.get_one(Response, id) for id in ids]


def test_every_row_of_the_table_has_a_case() -> None:
    assert {key for key in TABLE if key[0] is not EntryField.ANCHOR} == CASES.keys()


def test_the_page_for_readers_names_every_field_and_reason() -> None:
    page = (Path(__file__).parents[3] / "docs" / "authority.md").read_text(encoding="utf-8")
    reasons = {rule.reason for rule in TABLE.values() if rule.reason}
    assert all(f"`{word}`" in page for word in {field.value for field, _by in TABLE} | reasons)


@pytest.mark.parametrize("by", Recorder)
def test_a_field_takes_effect_only_as_its_row_says(
    store_with_agencies: Database, writer: Make, keys: CentreKeys, by: Recorder
) -> None:
    ledger = Ledger(store_with_agencies, writer, keys, by)
    cases = [case for key, found in CASES.items() if key[1] is by for case in found]
    honest = Case(
        {"procedure": "1.001193", "stage": "result", "desk": QUAY},
        {"reason": None, "ignored": None, "procedure_code": "1.001193", "stage": "result", "desk_code": QUAY},
    )
    for case, row in zip([*cases, honest], ledger.read([*cases, honest]), strict=True):
        wanted = {"rule": field_authority.NEWEST, "agency_key": OWN, **case.becomes}
        assert {name: getattr(row, name) for name in wanted} == wanted, case
        assert (row.outcome == "counted") == case.counted, case
    with store_with_agencies.write() as session:
        recount.recount_stale(session)
        assert set(session.scalars(select(TallyMonth.agency_key))) == {OWN}
        tallied = sum(session.scalars(select(TallyMonth.n).where(TallyMonth.item == "overall")))
    assert tallied == sum(case.counted for case in cases) + 1


def test_without_its_row_the_same_entry_has_another_effect(
    store_with_agencies: Database, writer: Make, keys: CentreKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledgers = {by: Ledger(store_with_agencies, writer, keys, by) for by in Recorder}
    for key, cases in CASES.items():
        with monkeypatch.context() as without:
            without.delitem(TABLE, key)
            rows = ledgers[key[1]].read(cases)
        for case, row in zip(cases, rows, strict=True):
            assert {name: getattr(row, name) for name in case.becomes} != case.becomes, (key, case)


def test_the_month_of_a_paper_form_is_that_of_its_file(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    (row,) = Ledger(store_with_agencies, writer, keys, Recorder.IMPORT).read([Case({"month": "2019-01"}, {})])
    assert (row.month, row.day, row.ignored, row.outcome) == ("2019-01", "", None, "counted")


def test_a_decider_is_that_of_the_slip_that_another_system_announced(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    Ledger(store_with_agencies, writer, keys, Recorder.PHONE)
    said = {
        "answers": [["overall", 4], ["D", 2]], "channel": "qr", "instrument": "short", "lang": "vi",
        "state": "complete", "version": 1,
    }  # fmt: skip
    given = {  # answer → agency, decider, slip
        "a" * 32: (OWN, OTHER, f"{WEB}:1:1"), "b" * 32: (OWN, "NB-14329", f"{WEB}:1:1"),
        "c" * 32: (OTHER, OTHER, f"{WEB}:1:1"), "d" * 32: (OWN, OTHER, f"{WEB}:1:2"),
        "e" * 32: (OWN, OTHER, "d-0001:1:1"), "f" * 32: (OWN, OTHER, f"{WEB}:1:{2**40}"),
    }  # fmt: skip
    with store_with_agencies.write() as session:
        session.add(ApiKey(id=1, name="x", agency_key=OWN, digest="", created_ms=0, per_minute=1))
        session.flush()
        session.add(
            AnnouncedSlip(device_id=WEB, epoch=1, serial=1, agency_key=OWN, decider_key=OTHER, stage="result",
                          announced_ms=START, api_key_id=1)
        )  # fmt: skip
        for id, (agency, decider, slip) in given.items():
            session.add(OpenedSidecar(device_id=WEB, id=id, kind="r", salt="", value=slip, received_ms=START))
            session.flush()
            tie = sidecar.commitment("", slip)
            answer = recorder.RecordedAnswer(id, {**said, "agency": agency, "decider": decider, "r": tie}, START)
            recorder.record_answers(session, keys, WEB, [answer], START)
        projection.project_entries(session, WEB, 1)
        believed = {row.id[0]: row.decider_key for row in session.scalars(select(Response))}
        noted = {row.id[0]: row.ignored for row in session.scalars(select(Response))}
    assert believed == {**dict.fromkeys("bcdef"), "a": OTHER}
    assert noted == {**dict.fromkeys("bcde", ["decider"]), "f": ["decider", "tie"], "a": None}


def test_an_anchor_bounds_time_only_by_a_receipt_that_the_centre_gave(
    store_with_agencies: Database, writer: Make
) -> None:
    device, other = writer(), writer("NB-14701-Q2")
    for one in (device, other):
        one.rate(5)
        assert one.send(store_with_agencies, one.batch(), now=START + DAY)[0] == 200
    device.rate(5)
    assert device.send(store_with_agencies, device.batch(2), now=START + 2 * DAY)[0] == 200
    device.rate(4)
    wanted = {}
    said: list[tuple[dict[str, Any], int]] = [
        ({"h": "0" * 64, "seq": 1, "t": START + 5 * DAY}, START),  # of no entry of this ledger
        ({"h": other.head(1), "seq": 1, "t": START + DAY}, START),  # of another device
        ({"h": device.head(3), "seq": 3, "t": START + 5 * DAY}, START),  # of an entry that was not sent yet
        ({"h": device.head(2), "seq": 99, "t": START + 5 * DAY}, START),  # of a later entry
        ({"h": device.head(2), "seq": 2**40, "t": START + 5 * DAY}, START),
        ({"h": device.head(2), "seq": "2", "t": START + 5 * DAY}, START),
        ({"h": device.head(1), "seq": 1, "t": START + 5 * DAY}, START + DAY),  # with a time that was not signed
        ({"h": device.head(2), "seq": 2, "t": 0}, START + 2 * DAY),
        ({"h": device.head(1), "seq": 1, "t": START + DAY}, START + 2 * DAY),  # an older one again
    ]
    for p, low in said:
        device.add("anchor", p)
        wanted[device.rate(3, t=START - DAY)] = low
    assert device.send(store_with_agencies, device.batch(3), now=RECEIVED)[0] == 200
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        found = {row.id: row.low_ms for row in session.scalars(select(Response))}
    assert {id: found[id] for id in wanted} == wanted


def test_without_its_row_any_anchor_is_believed(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = writer()
    device.rate(5)
    device.add("anchor", {"h": "0" * 64, "seq": 1, "t": START + 5 * DAY})
    last = device.rate(5)
    device.send(store_with_agencies, device.batch(), now=RECEIVED)
    monkeypatch.delitem(TABLE, (EntryField.ANCHOR, Recorder.DESK))
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        assert session.get_one(Response, last).low_ms == START + 5 * DAY


def test_a_slip_names_known_procedures_and_the_place_of_its_device(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    for serial, procedure in enumerate(("1.001193", "9.999999", 7), 1):
        device.add("token", {"serial": serial, "stage": "result", "procedure": procedure, "agency": OTHER})
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        rows = session.scalars(select(PrintedSlip).order_by(PrintedSlip.serial)).all()
    assert [row.procedure_code for row in rows] == ["1.001193", None, None]
    assert {(row.agency_key, row.desk_code) for row in rows} == {(OWN, QUAY)}


def test_a_desk_that_is_handed_over_speaks_for_its_new_agency_from_the_next_epoch_on(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    device = writer()
    before = device.rate(5)
    with store_with_agencies.write() as session:
        session.execute(update(Desk).where(Desk.code == QUAY).values(agency_key=OTHER, name_vi="Quầy 3"))
    same, new = device.rate(4), device.rate(3, agency=OTHER)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        reasons = {row.id: (row.agency_key, row.reason) for row in session.scalars(select(Response))}
        number = session.get_one(Device, device.dev).number
        assert number is not None
        assert [(made.agency.key, made.desk.code) for made in slip_proof.find_slip_makers(session, number, 1)] == [
            (OWN, QUAY)
        ]
        certificate = entry_chain.make_certificate(dev=device.dev, ep=2, vk=device.key.public, desk=QUAY, t=START + DAY)
        witness.open_epoch(session, certificate, keys.key.sign(certificate.raw))
        assert [(made.agency.key, made.desk.code) for made in slip_proof.find_slip_makers(session, number, 2)] == [
            (OTHER, QUAY)
        ]
    assert reasons == {before: (OWN, None), same: (OWN, None), new: (OWN, "foreign_agency")}


def test_a_desk_that_becomes_known_later_is_where_its_device_stands(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    waiting = device.rate(5)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:  # as after a restore that took the certificate back
        session.execute(update(Epoch).values(agency_key=None, desk_code="NB-14701-Q9"))
        projection.project_entries(session, device.dev, 1)
        row = session.get_one(Response, waiting)
        assert (row.agency_key, row.reason) == ("", "unknown_desk")
        session.add(Desk(code="NB-14701-Q9", agency_key=OWN, name_vi="Quầy 9"))
    assert rejudgement.rejudge_responses(store_with_agencies, "unknown_desk") == 1
    with store_with_agencies.read() as session:
        row = session.get_one(Response, waiting)
        assert (row.agency_key, row.desk_code, row.outcome) == (OWN, "NB-14701-Q9", "counted")
    later = device.rate(4)
    device.send(store_with_agencies, device.batch(2))
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        row = session.get_one(Response, later)
        assert (row.agency_key, row.desk_code, row.reason) == (OWN, "NB-14701-Q9", None)
        assert session.get_one(Epoch, (device.dev, 1)).agency_key == OWN


def outcomes(database: Database) -> dict[str, tuple[Any, ...]]:
    with database.read() as session:
        names = [name for name in Response.__table__.columns.keys() if name not in ("rule", "ignored")]
        return {row.id: tuple(getattr(row, name) for name in names) for row in session.scalars(select(Response))}


def test_what_was_read_under_the_first_rules_keeps_its_outcome(store_with_agencies: Database, writer: Make) -> None:
    """An upgrade in the middle of a ledger; later everything is thrown away and read again, and judged again."""
    device = writer()
    old = {
        device.rate(5, agency=OTHER): "wrong_agency", device.rate(5, agency="NB-99999"): "unknown_agency",
        device.rate(5, channel="qr"): None, device.rate(5, decider=OTHER, procedure="9.9", desk="Q"): None,
        device.rate(5, stage="heaven"): "bad_payload", device.rate(4, version=2): "unknown_instrument",
    }  # fmt: skip
    device.add("anchor", {"h": "0" * 64, "seq": 1, "t": START + 5 * DAY})
    late = device.rate(5, t=START)
    device.send(store_with_agencies, device.batch(), now=RECEIVED)
    read_under_first_rules(store_with_agencies)
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
    before = outcomes(store_with_agencies)
    with store_with_agencies.write() as session:
        session.execute(update(Epoch).values(first_rules_seq=0))
        session.execute(update(Response).values(rule=0))
    engine = store_with_agencies
    move_to_revision(engine, "central", "central_0010")
    move_to_revision(engine, "central", "head")
    with engine.read() as session:
        row = session.get_one(Epoch, (device.dev, 1))
        assert (row.first_rules_seq, row.agency_key, row.desk_code) == (8, OWN, QUAY)
        assert set(session.execute(select(Response.rule, Response.ignored)).all()) == {(1, None)}
    assert outcomes(engine) == before
    assert {id: before[id][list(Response.__table__.columns.keys()).index("reason")] for id in old} == old
    new = device.rate(5, agency=OTHER)
    device.send(engine, device.batch(9), now=RECEIVED)
    with engine.write() as session:
        projection.project_entries(session, device.dev, 1)
        assert session.get_one(Response, new).reason == "foreign_agency"
        assert session.get_one(Response, late).low_ms == START + 5 * DAY
    whole = outcomes(engine)
    rejudgement.rejudge_responses(engine, *({*map(str, old.values()), "foreign_agency"} - {"None"}))
    assert outcomes(engine) == whole
    with engine.write() as session:
        session.execute(delete(Response))
        session.execute(update(Epoch).values(projected_seq=0, anchor_ms=0, anchor_seq=0))
    with engine.write() as session:
        while projection.project_entries(session, device.dev, 1, limit=2):
            pass
    assert outcomes(engine) == whole


def test_the_doctor_names_what_the_newest_rules_would_take_otherwise_and_changes_nothing(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_change_report, "AT_ONCE", 2)
    device = writer()
    for says in (
        {"channel": "qr"}, {"channel": "qr"}, {"desk": "NB-14701-Q2"}, {"decider": OTHER, "procedure": "9.9"},
        {"decider": OTHER}, {}, {"agency": OTHER}, {"stage": "heaven"}, {"drill": True},
    ):  # fmt: skip
        device.rate(4, **says)
    device.send(store_with_agencies, device.batch())
    read_under_first_rules(store_with_agencies)
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        session.execute(update(Epoch).values(first_rules_seq=9))
    device.rate(4, channel="code")  # read under the newest rules
    device.send(store_with_agencies, device.batch(10))
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
    before = outcomes(store_with_agencies)
    with store_with_agencies.read() as session:
        found = rule_change_report.count_changed_outcomes(session)
    assert {(one.agency, one.device, one.refused, one.why): n for one, n in found.items()} == {
        (OWN, device.dev, True, "wrong_channel"): 2, (OWN, device.dev, True, "foreign_agency"): 1,
        (OWN, device.dev, False, "decider"): 2, (OWN, device.dev, False, "procedure"): 1,
    }  # fmt: skip
    assert outcomes(store_with_agencies) == before
