"""Queries of tallies by pages and commands, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event

from admin.statistics import queries
from models.storage.database import Database
from models.tables.agency import Agency, Desk, DossierMonth
from models.tables.device import Device
from models.tables.tally import TallyMonth
from tests.fixtures.tally_rows import add_answers, add_outcome

OCTOBER = ("2026-10",)
DAY = 86_400_000


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database inside the block."""
    sql_texts: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sql_texts.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sql_texts
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_scope_is_an_agency_and_everything_under_it(database: Database) -> None:
    with database.read() as session:
        assert queries.read_scope_keys(session, "NB") == {"NB", "SNV", "STC", "HL", "HL-CN", "YM"}
        assert queries.read_scope_keys(session, "HL") == {"HL", "HL-CN"}
        assert [agency.key for agency in queries.agency_and_ancestors(session, "HL-CN")] == ["HL-CN", "HL", "NB"]
        with pytest.raises(queries.UnknownAgency) as refused:
            queries.read_scope_keys(session, "XX")
        assert refused.value.code == "unknown_agency"


def test_a_figure_pools_all_channels_but_the_poster(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (1, 2, 3, 20, 14), channel="kiosk", not_applicable=3)
        add_answers(session, "HL", (0, 0, 0, 0, 10), channel="paper", stage="submission")
        add_answers(session, "HL-CN", (0, 0, 10, 0, 0), channel="qr")
        add_answers(session, "HL", (50, 0, 0, 0, 0), channel="poster")
        add_answers(session, "HL", (50, 0, 0, 0, 0), month="2026-09")
        add_answers(session, "YM", (50, 0, 0, 0, 0))
    with database.read() as session:
        keys = queries.read_scope_keys(session, "HL")
        figure = queries.read_figure(session, keys, OCTOBER, "short")
        poster = queries.read_figure(session, keys, OCTOBER, "short", channels=("poster",))
    assert (figure.n, figure.satisfied, figure.index) == (60, 44, Fraction(4400, 60))
    assert figure.counts == (1, 2, 13, 20, 24)
    assert (poster.n, poster.index) == (50, Fraction(0))


def test_the_instrument_is_short_where_it_was_answered(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "YM", (0, 0, 0, 0, 1))
        add_outcome(session, "HL", "not_counted:declined", 9)
    with database.read() as session:
        for agency, months, expected in (
            ("YM", OCTOBER, "short"), ("NB", OCTOBER, "short"), ("HL", OCTOBER, "sipas23"),
            ("YM", ("2026-09",), "sipas23"),
        ):  # fmt: skip
            assert queries.choose_instrument(session, queries.read_scope_keys(session, agency), months) == expected


def test_a_trend_takes_one_statement(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (10, 0, 0, 30, 0), month="2025-10")
        add_answers(session, "HL", (0, 0, 0, 0, 12), month="2026-09")
        add_answers(session, "HL", (0, 0, 10, 0, 30), month="2026-10")
        add_answers(session, "HL", (0, 0, 0, 0, 99), month="2025-09")
    with database.read() as session:
        keys = queries.read_scope_keys(session, "HL")
        queries.read_figure(session, keys, OCTOBER, "short")
        with statements(database) as sql_texts:
            trend = queries.read_trend(session, keys, "2026-10", 13, "short")
    assert len([statement for statement in sql_texts if "tally_brief.value, sum(" in statement]) == 1
    assert [month for month, _ in trend][::6] == ["2025-10", "2026-04", "2026-10"]
    assert [figure.shown for _, figure in trend] == ["full", *["none"] * 10, "n_only", "full"]
    assert (trend[0][1].index, trend[11][1].n, trend[12][1].index) == (Fraction(75), 12, Fraction(75))


def test_factors_stand_on_their_own_answers(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 10, 30))
        add_answers(session, "HL", (0, 0, 10, 30, 0), item="A", not_applicable=500)
        add_answers(session, "HL", (0, 0, 0, 0, 29), item="B")
        add_answers(session, "HL", (0, 0, 0, 0, 4), item="C")
    with database.read() as session:
        rows = dict(queries.read_factor_figures(session, {"HL"}, OCTOBER, "short"))
    assert list(rows) == ["overall", "A", "B", "C", "D", "E"]
    assert (rows["overall"].index, rows["A"].index, rows["A"].n) == (Fraction(80), Fraction(75), 40)
    # which factors nobody answered is not said beside one that few answered
    assert [rows[id].shown for id in "BCDE"] == ["n_only", "withheld", "withheld", "withheld"]


def test_sipas_is_the_mean_of_its_factors_and_hides_no_single_one(database: Database) -> None:
    with database.write() as session:
        for factor, satisfied in zip("ABCD", (40, 30, 20, 10), strict=True):
            counts = (0, 0, 40 - satisfied, satisfied, 0)
            add_answers(session, "HL", counts, item=f"SIPAS23-{factor}1", instrument="sipas23", channel="paper")
        add_answers(session, "HL", (0, 0, 0, 8, 0), item="SIPAS23-E1", instrument="sipas23", channel="paper")
        add_outcome(session, "HL", "counted", 40, instrument="sipas23", channel="paper")
    with database.read() as session:
        rows = dict(queries.read_factor_figures(session, {"HL"}, OCTOBER, "sipas23"))
    assert (rows["overall"].n, rows["overall"].index) == (40, Fraction(100 + 75 + 50 + 25 + 100, 5))
    assert rows["overall"].interval is None
    assert sorted(rows[id].shown for id in "ABCDE") == ["full", "full", "full", "n_only", "withheld"]


def test_channels_stand_apart_and_typed_codes_with_the_slip(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 20, 80, 0), channel="kiosk")
        add_answers(session, "HL", (0, 0, 10, 30, 0), channel="qr")
        add_answers(session, "HL", (0, 0, 0, 3, 0), channel="code")
        add_answers(session, "HL", (2, 0, 0, 0, 0), channel="poster")
    with database.read() as session:
        rows = queries.IndexFacts(session, {"HL"}, "2026-10", "short").channels
    assert [(id, figure.n, figure.shown) for id, figure in rows] == [
        ("kiosk", 100, "full"), ("qr", 43, "full"),
    ]  # fmt: skip


def test_a_small_channel_cannot_be_found_by_subtraction(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 20, 80, 0), channel="kiosk")
        add_answers(session, "HL", (1, 0, 0, 0, 2), channel="paper")
    with database.read() as session:
        rows = dict(queries.IndexFacts(session, {"HL"}, "2026-10", "short").channels)
    assert rows == {}  # neither is named


def test_procedures_have_names_and_stand_by_size(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 30, 0), procedure="1.000001")
        add_answers(session, "HL", (0, 0, 10, 90, 0), procedure="1.000002")
        add_answers(session, "HL", (0, 0, 0, 50, 0), procedure="1.999999")
        add_answers(session, "HL", (0, 0, 0, 20, 0), procedure="")
        add_answers(session, "HL", (0, 0, 0, 20, 0), procedure="1.000003")
    with database.read() as session:
        rows = queries.figures_by_procedure(session, {"HL"}, OCTOBER, "short")
    assert [(row.code, row.figure.n, row.figure.shown) for row in rows] == [
        ("1.000002", 100, "full"), ("1.999999", 50, "full"), ("1.000001", 40, "full"), ("1.000003", 20, "n_only"),
    ]  # fmt: skip
    assert [row.name["vi"] for row in rows[:2]] == ["Cấp giấy chứng nhận", "1.999999"]


def test_a_rare_procedure_withholds_another(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 30, 0), procedure="1.000001")
        add_answers(session, "HL", (0, 0, 10, 90, 0), procedure="1.000002")
        add_answers(session, "HL", (1, 1, 0, 0, 0), procedure="1.000003")
    with database.read() as session:
        rows = queries.figures_by_procedure(session, {"HL"}, OCTOBER, "short")
    assert [(row.code, row.figure.shown, row.enough) for row in rows] == [
        ("1.000002", "full", True),  # neither the rare one nor the one that would give it away is named
    ]  # fmt: skip


def test_all_agencies_in_order_with_verdicts_in_two_statements(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "SNV", (0, 0, 2, 0, 198))
        add_answers(session, "STC", (0, 0, 80, 0, 120))
        add_answers(session, "HL", (0, 0, 2, 0, 8))
        add_answers(session, "HL-CN", (0, 0, 10, 0, 50))
        session.add(Agency(key="OLD", parent_key="NB", kind="ward", name_vi="Phường Cũ", valid_from="2025-07-01",
                           valid_to="2026-10-01"))  # fmt: skip
        session.add(Agency(key="NEW", parent_key="NB", kind="ward", name_vi="Phường Đồng", valid_from="2026-10-31"))
    with database.read() as session:
        queries.read_figure(session, {"NB"}, OCTOBER, "short")
        with statements(database) as sql_texts:
            rows = queries.compare_all_agencies(session, "NB", "2026-10", "short")
        september = queries.compare_all_agencies(session, "NB", "2026-09", "short")
    assert len([statement for statement in sql_texts if "tally_brief.value, sum(" in statement]) == 1
    assert [(row.key, row.figure.n, row.verdict) for row in rows] == [
        ("NEW", 0, None), ("HL", 70, "undecided"), ("SNV", 200, "higher"), ("STC", 200, "lower"), ("YM", 0, None),
    ]  # fmt: skip
    assert [row.key for row in september] == ["OLD", "HL", "SNV", "STC", "YM"]
    assert rows[1].name["en"] == "Hoa Lu Ward"


def test_the_rest_of_the_province_is_without_the_agency(database: Database) -> None:
    """An agency that is most of the province is compared with the others, not with itself."""
    with database.write() as session:
        add_answers(session, "SNV", (0, 0, 100, 0, 900))
        add_answers(session, "STC", (0, 0, 40, 0, 60))
    with database.read() as session:
        province, verdict = queries.compare_with_province(session, "NB", "SNV", "2026-10", "short")
        assert province.index == Fraction(96000, 1100)
        assert verdict == "higher"
        assert queries.compare_with_province(session, "NB", "STC", "2026-10", "short")[1] == "lower"
        assert queries.compare_with_province(session, "NB", "YM", "2026-10", "short")[1] is None


def test_dossiers_and_response_rate(database: Database) -> None:
    with database.write() as session:
        for stage, field, month, received, closed, overdue in (
            ("", "", "2026-10", 200, 180, 9), ("result", "", "2026-10", 999, 999, 999),
            ("submission", "Đất đai", "2026-09", 50, 40, 4), ("result", "Đất đai", "2026-09", 50, 40, 0),
        ):  # fmt: skip
            session.add(DossierMonth(agency_key="HL", month=month, stage=stage, field=field, received=received,
                                     closed=closed, overdue=overdue))  # fmt: skip
        add_answers(session, "HL", (0, 0, 0, 0, 30), channel="kiosk")
        add_answers(session, "HL", (0, 0, 0, 0, 20), channel="code")
        add_answers(session, "HL-CN", (0, 0, 0, 0, 10), channel="kiosk")
        add_answers(session, "YM", (0, 0, 0, 0, 500), channel="kiosk")
        add_answers(session, "HL", (0, 0, 0, 0, 70), channel="paper")
        add_answers(session, "HL", (0, 0, 0, 0, 70), channel="poster")
        add_answers(session, "HL", (0, 0, 0, 0, 130), month="2026-09", channel="qr")
        add_answers(session, "HL", (0, 0, 0, 0, 500), month="2026-08", channel="qr")
    with database.read() as session:
        hoa_lu = queries.read_scope_keys(session, "HL")
        counts = queries.count_dossiers(session, {"HL"}, OCTOBER)
        assert counts is not None
        assert (counts.received, counts.closed, counts.on_time, counts.on_time_rate) == (200, 180, 171, Fraction(95))
        assert queries.compute_response_rate(session, hoa_lu, OCTOBER, "short") == queries.ResponseRate(
            Fraction(30), 200
        )
        above = queries.compute_response_rate(session, hoa_lu, ("2026-09",), "short")
        assert above == queries.ResponseRate(Fraction(130), 100)
        # a month without dossier counts is on neither side
        quarter = queries.compute_response_rate(session, hoa_lu, ("2026-08", "2026-09", "2026-10"), "short")
        assert quarter == queries.ResponseRate(Fraction(190, 3), 300)
        assert queries.compute_response_rate(session, {"YM"}, OCTOBER, "short") == queries.ResponseRate(None, None)
        # answers of an agency without dossier counts do not swell the rate of the province; those of a part do count
        province = queries.read_scope_keys(session, "NB")
        assert queries.compute_response_rate(session, province, OCTOBER, "short") == queries.ResponseRate(
            Fraction(30), 200
        )


def test_what_needs_attention(database: Database) -> None:
    now = 10 * DAY
    with database.write() as session:
        add_answers(session, "SNV", (0, 0, 10, 0, 990), month="2026-09")
        add_answers(session, "SNV", (0, 0, 200, 0, 800))
        add_answers(session, "STC", (0, 0, 10, 0, 90), month="2026-09")
        add_answers(session, "STC", (0, 0, 11, 0, 89))
        add_answers(session, "HL", (0, 0, 50, 0, 50), month="2026-09")
        add_answers(session, "HL", (0, 0, 0, 0, 100))
        for desk, agency in (("D1", "HL"), ("D2", "SNV")):
            session.add(Desk(code=desk, agency_key=agency, name_vi="Quầy"))
        session.flush()
        for device, desk, state, seen_ms, backlog in (
            ("d-1", "D1", "active", now - 2 * DAY, 7), ("d-2", "D1", "active", now - DAY, 9),
            ("d-3", "D2", "active", None, 0), ("d-4", "D2", "revoked", 0, 3),
        ):  # fmt: skip
            session.add(Device(id=device, desk_code=desk, state=state, last_seen_ms=seen_ms, backlog=backlog,
                               created_ms=1))  # fmt: skip
    with database.read() as session:
        alerts = queries.find_month_alerts(session, "NB", "2026-10", "short", now)
        ward = queries.find_month_alerts(session, "HL", "2026-10", "short", now)
    assert [row.key for row in alerts.without_answers] == ["YM"]
    assert [(row.key, change.difference) for row, change in alerts.falling] == [("SNV", Fraction(-19))]
    assert [device.device_id for device in alerts.silent] == ["d-3", "d-1"]
    assert alerts.waiting == 7
    assert [device.device_id for device in ward.silent] == ["d-1"]


def test_both_ways_of_reading_find_the_same(database: Database) -> None:
    """A few agencies are asked for by name, many by month and item; no figure may depend on it."""
    with database.write() as session:
        for number in range(12):
            session.add(Agency(key=f"X{number}", parent_key="YM", kind="branch", name_vi=f"X{number}",
                               valid_from="2025-07-01"))  # fmt: skip
            session.flush()
            add_answers(session, f"X{number}", (number, 1, 2, 3, 4))
        add_answers(session, "HL", (9, 9, 9, 9, 9))
    with database.read() as session:
        keys = queries.read_scope_keys(session, "YM")
        whole = queries.read_figure(session, keys, OCTOBER, "short")
        parts = [queries.read_figure(session, {key}, OCTOBER, "short").n or 0 for key in keys]
        stored = sum(row.n for row in session.query(TallyMonth).filter_by(item="overall") if row.agency_key in keys)
    assert len(keys) == 13
    assert whole.n == stored == 186
    assert sum(parts) == 186
