"""The snapshot document: its shape, what stands in it, and no leak from it whatever the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from admin.reports.letterhead import build_letterhead
from admin.reports.snapshot import freeze_figures
from models.protocol import canonical
from models.storage.database import Database
from models.tables.agency import Agency, DossierMonth
from models.tables.response import OpenedSidecar, Response
from models.tables.tally import TallyBrief, TallyMonth
from tests.fixtures.tally_rows import add_answers, add_outcome, make_store

WARD_PAPER = {
    "superior": None,
    "issuer_lines": ["ỦY BAN NHÂN DÂN", "PHƯỜNG HOA LƯ"],
    "abbr": "BC-UBND",
    "place": "Hoa Lư",
    "signer_lines": ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
    "recipients": ["UBND tỉnh; Sở Nội vụ (để báo cáo)", "Thường trực HĐND phường", "Trung tâm Phục vụ hành chính công",
                   "Lưu: VT"],
    "body_name": {"vi": "Ủy ban nhân dân phường Hoa Lư", "en": "the People's Committee of Hoa Lu Ward"},
    "plan_issuer": {"vi": "Ủy ban nhân dân tỉnh Ninh Bình",
                    "en": "the People's Committee of Ninh Binh Province"},
}  # fmt: skip


def frozen(database: Database, agency: str, period: str = "2026-10", target: str | None = None) -> dict[str, Any]:
    with database.read() as session:
        figures = freeze_figures(
            session, agency, period, revision=1, code="AAAA-BBBB-CCCC", target=target, practice=True
        )
    assert canonical.parse(canonical.dump(figures, limit=65536), limit=65536) == figures
    return figures


def test_a_ward(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (10, 0, 10, 40, 40), channel="kiosk", procedure="1.000001")
        add_answers(session, "HL", (0, 0, 20, 30, 0), channel="qr", procedure="1.000002")
        add_answers(session, "HL", (0, 0, 0, 2, 0), channel="code", procedure="1.000002")
        add_answers(session, "HL", (0, 0, 10, 20, 10), channel="qr", item="A")
        add_answers(session, "HL", (0, 0, 50, 50, 0), month="2026-09")
        add_answers(session, "SNV", (0, 0, 0, 0, 1000))
        add_outcome(session, "HL", "superseded", 2)
        add_outcome(session, "HL", "not_counted:declined", 3)
        session.add(DossierMonth(agency_key="HL", month="2026-10", received=1000, closed=800, overdue=40))
    figures = frozen(database, "HL", target="90")
    assert figures == {
        "v": 1, "edition": 4, "scope": "agency",
        "agency": {"key": "HL", "kind": "ward", "name": {"vi": "Phường Hoa Lư", "en": "Hoa Lu Ward"}},
        "period": {"id": "2026-10", "kind": "month"}, "days": {"first": "2026-10-01", "last": "2026-10-31"},
        "instrument": {"id": "short", "version": 1},
        "versions": [1], "method": "top2.overall", "method_version": 1, "paper": WARD_PAPER,
        "n": 152, "share": [112, 152], "index": "73.68", "interval": ["66.16", "80.04"], "shown": "full",
        "response_rate": {"value": "15.20", "denominator": 1000},
        "dossiers": {"received": 1000, "closed": 800, "on_time": 760, "overdue": 40, "on_time_rate": "95.00"},
        "by_outcome": {"counted": 152, "superseded": None, "contested": 0, "declined": None, "withdrawn": 0},
        "partial": 0,
        "channels": [
            {"id": "kiosk", "n": 100, "index": "80.00", "interval": ["71.12", "86.66"]},
            {"id": "qr", "n": 52, "index": "61.54", "interval": ["47.96", "73.53"]},
        ],
        "channel_gap": "18.46",
        "gap": {"difference": "18.46", "interval": ["3.54", "33.59"], "paired": None},
        "second": {"excluded": 0, "index": "73.68", "interval": ["66.16", "80.04"], "open_flags": 0},
        "province_alone": None,
        "previous": {"period": "2026-09", "index": "50.00", "difference": "23.68", "beyond_error": True},
        "province": {"index": "96.53", "verdict": "lower"},
        "target": "90.00",
        "rows": [
            {"id": "overall", "n": 152, "counts": [10, 0, 30, 72, 40], "index": "73.68"},
            {"id": "A", "n": 40, "counts": [0, 0, 10, 20, 10], "index": "75.00"},
            *({"id": id, "n": 0, "counts": None, "index": None} for id in "BCDE"),
        ],
        "agencies": None,
        "procedures": {
            "enough": 2, "total": 2,
            "lowest": {"name": {"vi": "Cấp giấy chứng nhận"}, "index": "61.54", "n": 52},
        },
        "practice": True, "code": "AAAA-BBBB-CCCC", "revision": 1,
    }  # fmt: skip


def test_the_province(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "SNV", (0, 0, 2, 0, 198))
        add_answers(session, "STC", (0, 0, 80, 0, 120))
        add_answers(session, "HL", (0, 0, 2, 0, 8))
    figures = frozen(database, "NB", "2026-Q4")
    assert (figures["scope"], figures["n"], figures["index"]) == ("province", 410, "79.51")
    assert figures["period"] == {"id": "2026-Q4", "kind": "quarter"}
    assert figures["agencies"] == {
        "total": 4, "enough": 2, "few": 1, "none": 1, "higher": 1, "lower": 1, "undecided": 0,
    }  # fmt: skip
    assert (figures["province"], figures["procedures"], figures["previous"], figures["dossiers"]) == (None,) * 4
    assert figures["response_rate"] == {"value": None, "denominator": None}
    assert [row["id"] for row in figures["rows"]] == ["overall"]
    assert figures["paper"]["superior"] == "UBND TỈNH NINH BÌNH"
    assert figures["paper"]["issuer_lines"] == ["SỞ NỘI VỤ"]
    assert (figures["paper"]["abbr"], figures["paper"]["place"]) == ("BC-SNV", "Ninh Bình")


def test_what_went_to_the_province_alone_is_frozen_for_it_alone(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 40))
        for number in range(36):
            id, value = f"r{number}", f'{{"answers":[["N5",{int(number < 9)}],["N6",{int(number < 3)}]]}}'
            session.add_all([
                Response(
                    id=id, device_id="d-1", epoch=1, seq=number, agency_key="HL", channel="qr", lang="vi",
                    instrument="short", version=1, state="complete", score=5, answers={}, topics=[],
                    outcome="counted", reason=None, at_ms=1, low_ms=1, high_ms=1, claimed_ms=1, day="2026-10-14",
                    month="2026-10",
                ),
                OpenedSidecar(device_id="d-1", id=id, kind="x", salt="", value=value, received_ms=1),
            ])  # fmt: skip
    assert frozen(database, "NB")["province_alone"] == [{"id": "N5", "n": 36, "share": "25.00"}]
    assert frozen(database, "HL")["province_alone"] is None
    assert frozen(database, "NB", "2026-09")["province_alone"] is None


def test_a_ward_nobody_answered_in(database: Database) -> None:
    figures = frozen(database, "YM")
    assert (figures["n"], figures["shown"], figures["index"], figures["instrument"]["id"]) == (0, "none", None, "short")
    assert figures["by_outcome"] == dict.fromkeys(
        ("counted", "superseded", "contested", "declined", "withdrawn"), 0)  # fmt: skip


sizes = st.one_of(st.integers(0, 6), st.integers(25, 35), st.integers(60, 90))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(st.sampled_from(("kiosk", "qr", "code", "paper")), st.sampled_from("123"), sizes),
                      max_size=5),
       factor=sizes)  # fmt: skip
def test_nothing_leaks(sqlite_database: Database, parts: list[tuple[str, str, int]], factor: int) -> None:
    by_channel: dict[str, int] = {}
    by_procedure: dict[str, int] = {}
    with sqlite_database.write() as session:
        for table in (TallyMonth, TallyBrief):
            session.execute(delete(table))
        for channel, procedure, n in parts:
            add_answers(session, "HL", (n // 2, 0, 0, 0, n - n // 2), channel=channel, procedure=f"1.00000{procedure}")
            by_channel[channel] = by_channel.get(channel, 0) + n
            by_procedure[procedure] = by_procedure.get(procedure, 0) + n
        add_answers(session, "HL", (0, 0, 0, 0, factor), item="B")
    figures = frozen(sqlite_database, "HL")
    total = sum(by_channel.values())
    withheld = figures["shown"] == "withheld"
    assert figures["n"] == (None if withheld or 0 < total < 5 else total)
    assert not withheld or 0 < min(by_channel.values()) < 5 or 0 < min(by_procedure.values()) < 5 or 0 < factor < 5
    if withheld:
        assert figures["by_outcome"] == {} and figures["response_rate"]["value"] is None and figures["partial"] is None
    if total < 30:
        for name in ("share", "index", "interval", "channel_gap", "previous", "province", "procedures"):
            assert figures[name] is None, name
        assert figures["channels"] == []
    if 0 < total < 30:
        assert all(row["counts"] is None and row["index"] is None for row in figures["rows"])
    if 0 < total < 5:
        assert figures["by_outcome"] == {} and figures["response_rate"]["value"] is None
    for entry in figures["rows"] + figures["channels"]:
        assert entry["n"] is None or entry["n"] == 0 or entry["n"] >= 5
        assert entry["index"] is None or entry["n"] >= 30
    numbers = [channel["n"] for channel in figures["channels"] if channel["n"] is not None]
    if figures["channels"] and 0 < total - sum(numbers) < 5:
        pytest.fail("the number of a channel below 5 can be found by subtraction")
    lowest = (figures["procedures"] or {}).get("lowest")
    if lowest:
        assert lowest["n"] >= 30 and (total == lowest["n"] or total - lowest["n"] >= 5)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    database = make_store(sqlite_url)
    yield database
    database.close()


PROVINCE = Agency(key="NB", kind="province", name_vi="Tỉnh Ninh Bình", name_en="", paper={})


@pytest.mark.parametrize(
    ("kind", "name", "superior", "issuer", "abbr", "place", "signer"),
    [
        ("department", "Sở Nông nghiệp và Môi trường", "UBND TỈNH NINH BÌNH", "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG",
         "BC-SNNMT", "Ninh Bình", "GIÁM ĐỐC"),
        ("department", "Sở Y tế", "UBND TỈNH NINH BÌNH", "SỞ Y TẾ", "BC-SYT", "Ninh Bình", "GIÁM ĐỐC"),
        ("department", "Văn phòng Ủy ban nhân dân tỉnh", "UBND TỈNH NINH BÌNH", "VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH",
         "BC-VPUBND", "Ninh Bình", "CHÁNH VĂN PHÒNG"),
        ("department", "Ban Quản lý các khu công nghiệp", "UBND TỈNH NINH BÌNH", "BAN QUẢN LÝ CÁC KHU CÔNG NGHIỆP",
         "BC-BQLKCN", "Ninh Bình", "TRƯỞNG BAN"),
        ("vertical", "Thuế tỉnh Ninh Bình", None, "THUẾ TỈNH NINH BÌNH", "BC-TNB", "Ninh Bình", "TRƯỞNG THUẾ"),
        ("commune", "UBND xã Yên Mô", None, "XÃ YÊN MÔ", "BC-UBND", "Yên Mô", "CHỦ TỊCH"),
        ("special_zone", "Đặc khu Cồn Cỏ", None, "ĐẶC KHU CỒN CỎ", "BC-UBND", "Cồn Cỏ", "CHỦ TỊCH"),
    ],
)  # fmt: skip
def test_the_head_follows_from_kind_and_name(
    kind: str, name: str, superior: str | None, issuer: str, abbr: str, place: str, signer: str
) -> None:
    paper = build_letterhead([Agency(key="X", kind=kind, name_vi=name, name_en="", paper={}), PROVINCE])
    assert (paper["superior"], paper["issuer_lines"][-1], paper["abbr"]) == (superior, issuer, abbr)
    assert (paper["place"], paper["signer_lines"][-1]) == (place, signer)


def test_a_branch_stands_under_its_ward_and_own_data_hold() -> None:
    ward = Agency(key="HL", kind="ward", name_vi="Phường Hoa Lư", name_en="", paper={})
    own = {"abbr": "BC-X", "signer_lines": ["PHÓ GIÁM ĐỐC"], "superior": "", "unknown": "x"}
    branch = Agency(key="CN", kind="branch", name_vi="Chi nhánh số 1", name_en="", paper=own)
    paper = build_letterhead([branch, ward, PROVINCE])
    assert (paper["superior"], paper["place"]) == ("UBND PHƯỜNG HOA LƯ", "Hoa Lư")
    assert (paper["abbr"], paper["signer_lines"]) == ("BC-X", ["PHÓ GIÁM ĐỐC"])
    assert "unknown" not in paper
