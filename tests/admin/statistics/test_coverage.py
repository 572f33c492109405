"""Coverage, changes and restricted items: no index and why, moves beyond chance, the province alone."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from admin.statistics import queries
from models.clock import HCM
from models.storage.database import Database
from models.tables.agency import Agency, Desk
from models.tables.device import Device
from models.tables.response import OpenedSidecar, Response
from models.tables.slip_record import PrintedSlip
from tests.fixtures.tally_rows import add_answers

NOW = int(datetime(2026, 11, 22, 9, tzinfo=HCM).timestamp() * 1000)
OCTOBER_END = int(datetime(2026, 11, 1, tzinfo=HCM).timestamp() * 1000)
DAY = 86_400_000


def agency(session: Session, key: str, *, began: str = "2025-07-01", ended: str | None = None) -> None:
    session.add(
        Agency(key=key, parent_key="NB", kind="commune", name_vi=key, valid_from=began, valid_to=ended)
    )
    session.flush()


def desk(session: Session, key: str, *devices: tuple[str, int | None, int]) -> None:
    """A desk with devices: state, last word, made."""
    session.add(Desk(code=f"{key}-Q1", agency_key=key, name_vi="Quầy 1"))
    session.flush()
    for number, (state, seen, made) in enumerate(devices):
        name = f"d-{key}-{number}"
        session.add(Device(id=name, desk_code=f"{key}-Q1", state=state, last_seen_ms=seen, created_ms=made))
    session.flush()


def slip(session: Session, key: str, month: str = "2026-10") -> None:
    if session.get(Device, "c-web-1") is None:
        session.add(Device(id="c-web-1", state="active", created_ms=1))
        session.flush()
    serial = zlib.crc32(f"{key} {month}".encode()) % 1_000_000
    session.add(
        PrintedSlip(
            device_id="c-web-1", epoch=1, serial=serial, agency_key=key, stage="result", minted_ms=1, month=month
        )
    )
    session.flush()


def test_every_agency_has_a_row_and_a_reason(database: Database) -> None:
    with database.write() as session:
        for key in ("ABSENT", "DESK", "SILENT", "QUIET", "ALIVE", "SLIPS", "REVOKED", "NEW"):
            agency(session, key)
        agency(session, "LATER", began="2026-11-01")
        agency(session, "PAST", ended="2026-10-01")
        desk(session, "DESK")
        desk(session, "SILENT", ("active", OCTOBER_END - 2 * DAY, 1))
        desk(session, "QUIET", ("active", None, 1), ("active", NOW, 1))
        desk(session, "ALIVE", ("active", OCTOBER_END - DAY // 2, 1))
        desk(session, "REVOKED", ("revoked", NOW, 1))
        desk(session, "NEW", ("active", NOW, OCTOBER_END + DAY))
        slip(session, "SLIPS")
        slip(session, "ABSENT", "2026-09")
        add_answers(session, "HL-CN", (0, 0, 0, 0, 40))
        add_answers(session, "YM", (0, 0, 0, 0, 4))
        add_answers(session, "STC", (0, 0, 0, 0, 29))
        add_answers(session, "NB", (0, 0, 0, 0, 9))  # of its own: what stands below it does not add up
        desk(session, "HL-CN", ("active", NOW, 1))
    with database.read() as session:
        found = {row.key: row for row in queries.list_agency_coverage(session, "NB", "2026-10", "short", NOW)}
        rows = queries.compare_all_agencies(session, "NB", "2026-10", "short")
        again = queries.list_agency_coverage(session, "NB", "2026-10", "short", NOW, rows)
        with pytest.raises(queries.UnknownAgency):
            queries.list_agency_coverage(session, "XX", "2026-10", "short", NOW)
    assert list(found.values()) == again
    assert {key: row.reason for key, row in found.items()} == {
        "ABSENT": "no_desk", "DESK": "no_device", "REVOKED": "no_device", "SILENT": "device_silent",
        "QUIET": "no_slips", "ALIVE": "no_slips", "SLIPS": "no_answers", "NEW": "began_later", "LATER": "began_later",
        "PAST": "ended", "SNV": "no_desk", "STC": "n_only", "YM": "under_5", "HL": "", "HL-CN": "",
    }  # fmt: skip
    assert (found["HL"].desks, found["HL"].devices, found["HL"].last_seen_ms) == (1, 1, NOW)
    assert (found["QUIET"].devices, found["QUIET"].last_seen_ms) == (2, NOW)
    assert (found["SLIPS"].slips, found["ABSENT"].slips, found["HL"].slips) == (1, 0, None)
    assert (found["LATER"].began, found["NEW"].began) == ("2026-11-01", "2026-11-02")
    assert found["HL"].figure.n == 40 and found["YM"].figure.n is None


def test_alarms_are_controlled_over_all_agencies(lone: Database) -> None:
    """SNV fell by a little more than chance for one agency alone; among a hundred that is no finding. STC really fell,
    YM really rose."""
    with lone.write() as session:
        for month, snv, stc, ym in (("2026-09", 90, 90, 50), ("2026-10", 79, 50, 90)):
            for key, satisfied in (("SNV", snv), ("STC", stc), ("YM", ym)):
                add_answers(session, key, (100 - satisfied, 0, 0, 0, satisfied), month=month)
        for number in range(40):
            agency(session, f"X{number}")
            for month in ("2026-09", "2026-10"):
                add_answers(session, f"X{number}", (10, 0, 0, 0, 90), month=month)
        add_answers(session, "HL", (0, 0, 0, 0, 29), month="2026-09")
        add_answers(session, "HL", (29, 0, 0, 0, 0), month="2026-10")  # too few to be looked at
    with lone.read() as session:
        now, before = (queries.read_figure(session, {"SNV"}, (month,), "short") for month in ("2026-10", "2026-09"))
        alone = queries.compare_figures(now, before)
        alerts = queries.find_month_alerts(session, "NB", "2026-10", "short", NOW)
    assert alone is not None and alone.beyond_error  # what the list went by before
    assert [(row.key, change.difference) for row, change in alerts.falling] == [("STC", Fraction(-40))]
    assert [(row.key, change.difference) for row, change in alerts.rising] == [("YM", Fraction(40))]
    assert alerts.looked_at == 43


def test_alarms_judge_means_by_their_intervals() -> None:
    from decimal import Decimal
    from fractions import Fraction

    from admin.statistics.change_detection import chance_of_difference, chance_of_means, detect_figure_changes
    from admin.statistics.measures.index import Figure
    from admin.statistics.measures.intervals import wilson_interval

    exact, near = chance_of_difference((160, 200), (120, 200)), chance_of_means(
        Fraction(80), wilson_interval(160, 200), Fraction(60), wilson_interval(120, 200)
    )
    assert abs(exact - near) < 0.001 and near < 0.001
    assert chance_of_means(Fraction(80), wilson_interval(160, 200), Fraction(80), wilson_interval(160, 200)) == 1
    mean = [Figure(90, None, Fraction(index), (Decimal(index) - 5, Decimal(index) + 5), None, "full")
            for index in (60, 80)]  # fmt: skip
    assert [alarm.direction for alarm in detect_figure_changes({"A": (mean[0], mean[1])}).alarms] == ["lower"]
    assert detect_figure_changes({"A": (mean[0], mean[0])}).alarms == []


def sidecar(session: Session, number: int, answers: list[list[object]], *, month: str = "2026-10",
            outcome: str = "counted", value: str | None = None) -> None:  # fmt: skip
    session.add(
        Response(
            id=f"r{number:05d}", device_id="d-1", epoch=1, seq=number, agency_key="HL", channel="qr", lang="vi",
            instrument="short", version=1, state="complete", score=5, answers={}, topics=[], outcome=outcome,
            reason=None, at_ms=1, low_ms=1, high_ms=1, claimed_ms=1, day=f"{month}-01", month=month,
        )
    )  # fmt: skip
    text = value if value is not None else json.dumps({"answers": answers, "id": "province", "version": 1})
    session.add(OpenedSidecar(device_id="d-1", id=f"r{number:05d}", kind="x", salt="", value=text, received_ms=1))


def test_trouble_met_is_told_to_the_province_alone(database: Database) -> None:
    with database.write() as session:
        for number in range(40):
            answers: list[list[object]] = [["N5", 0 if number >= 10 else 1 + number % 2], ["WHO", 1]]
            if number < 4:
                answers.append(["N6", 0])
            sidecar(session, number, answers)
        sidecar(session, 50, [["N5", 2]], month="2026-09")
        sidecar(session, 51, [["N5", 2]], outcome="superseded")
        odd_ones = ("", "[]", '{"answers": 3}', '{"answers": [["N5"]]}', '{"answers": [["N5", "2"]]}')
        for number, odd in enumerate(odd_ones):
            sidecar(session, 60 + number, [], value=odd)
    with database.read() as session:
        n5, n6 = queries.read_restricted_items(session, "NB", ("2026-10",))
        assert (n5.item, n5.n, n5.some, n5.share, n5.shown) == ("N5", 40, 10, Fraction(25), "full")
        assert (n6.item, n6.n, n6.some, n6.share, n6.shown) == ("N6", None, None, None, "under_5")
        for part in ("HL", "XX"):
            with pytest.raises(queries.NotAProvince) as refused:
                queries.read_restricted_items(session, part, ("2026-10",))
            assert refused.value.code == "not_a_province"


@pytest.mark.parametrize(("n", "some", "told"), [(30, 4, False), (30, 0, True), (30, 5, True), (32, 28, False)])
def test_a_few_who_met_trouble_are_not_counted_out(lone: Database, n: int, some: int, told: bool) -> None:
    with lone.write() as session:
        for number in range(n):
            sidecar(session, number, [["N5", int(number < some)]])
    with lone.read() as session:
        n5 = queries.read_restricted_items(session, "NB", ("2026-10",))[0]
    assert (n5.n, n5.some) == (n, some if told else None)
    assert (n5.share is not None) is told
