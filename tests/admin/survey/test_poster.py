"""The open poster of a desk: a channel of its own in no index, and a sheet to hang up.

The same questions without a slip, for one person after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from admin import jobs
from admin.cli import cli
from admin.pdf import fonts
from admin.slips.anonymous_request_limits import AnonymousCounts, AnonymousLimits
from admin.survey import poster_pdf
from models.tables.agency import Desk as DeskRow
from models.tables.response import OpenedSidecar, PhoneDraft, Response
from tests.fixtures import qr_reader
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre
from tests.fixtures.phone_at_centre import (
    QUARTER,
    Phone,
    check_error_page,
    count_stored,
    find_response,
    response_id_of,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    centre = Centre(tmp_path_factory.mktemp("poster"))
    centre.answers()
    yield centre
    centre.close()


@pytest.fixture
def centre(shared: Centre) -> Iterator[Centre]:
    shared.app.extensions.pop("counts", None)
    yield shared
    shared.clock = 0


def tap(phone: Phone, score: int, desk: str = DESK) -> str:
    answer = phone.post(f"/d/{desk}", **phone.form(f"/d/{desk}"), score=score)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_an_answer_through_the_poster_is_kept_apart(centre: Centre) -> None:
    before, n = count_stored(centre), centre.index()["n"]
    phone = Phone(centre)
    page = phone.get(f"/d/{DESK}").text
    assert "UBND xã Yên Mô" in page and "không kèm phiếu" in page and "không tính vào chỉ số" in page
    assert "phục vụ hôm nay" in page and count_stored(centre) == before
    address = tap(phone, 2)
    thanks = phone.send(address, topic=["wait"], A="4", comment="Ghế hỏng", N5="1")
    assert "không tính vào chỉ số" in thanks.text and "Mã theo dõi" in thanks.text and "16 câu" not in thanks.text
    row = find_response(centre, response_id_of(address))
    assert (row.channel, row.outcome, row.state, row.score) == ("poster", "counted", "complete", 2)
    assert (row.agency_key, row.desk_code, row.stage, row.procedure_code) == (AGENCY, DESK, None, None)
    assert row.answers == {"overall": 2, "A": 4} and row.topics == ["wait"]
    added = {name: count - before[name] for name, count in count_stored(centre).items()}
    assert (added["SpentSlip"], added["Tie"], added["Response"], added["FollowUp"]) == (0, 0, 1, 1)
    with centre.database.read() as session:
        kinds = session.scalars(select(OpenedSidecar.kind).where(OpenedSidecar.id == row.id)).all()
    assert sorted(kinds) == ["c", "f", "x"]
    assert centre.index()["n"] == n


def test_the_index_reads_every_channel_but_the_poster(centre: Centre) -> None:
    n = centre.index()["n"]
    for score in range(1, 6):
        phone = Phone(centre)
        phone.send(tap(phone, score))
    assert centre.index()["n"] == n
    with centre.database.write() as session:
        row = session.scalars(select(Response).where(Response.channel == "poster")).first()
        assert row is not None
        row.channel = "qr"
        session.flush()
        from admin.statistics.tallies import staleness

        staleness.mark_stale(session, {(row.agency_key, row.month)})
    assert centre.index()["n"] == n + 1
    with centre.database.write() as session:
        session.get_one(Response, row.id).channel = "poster"
        staleness.mark_stale(session, {(row.agency_key, row.month)})


def test_a_page_sent_again_is_one_answer_and_the_faces_drawn_again_are_the_next_person_s(centre: Centre) -> None:
    phone = Phone(centre)
    form = phone.form(f"/d/{DESK}")
    addresses = {phone.post(f"/d/{DESK}", **form, score=score).location for score in (4, 1, 5)}
    (address,) = addresses
    before = count_stored(centre)
    assert phone.form(f"/D/{DESK}")["id"] != response_id_of(
        address
    )  # neither open nor sent it stands in the next one's way
    thanks = phone.send(address)
    assert f'href="/d/{DESK}"' in thanks.text and "Người khác đánh giá" in thanks.text
    assert response_id_of(tap(phone, 1)) != response_id_of(address)
    assert count_stored(centre)["PhoneDraft"] == before["PhoneDraft"]
    assert find_response(centre, response_id_of(address)).score == 4


def test_a_browser_without_cookies_gets_its_page_sent_twice_once(centre: Centre) -> None:
    plain = Phone(centre, cookies=False)
    form = plain.form(f"/d/{DESK}")
    before = count_stored(centre)
    (address,) = {plain.post(f"/d/{DESK}", **form, score=score).location for score in (3, 5)}
    assert response_id_of(address) == form["id"] and count_stored(centre)["PhoneDraft"] == before["PhoneDraft"] + 1
    assert "Cảm ơn" in plain.send(address).text
    assert find_response(centre, form["id"]).score == 3


def test_a_network_that_answers_very_often_waits_and_others_do_not(centre: Centre) -> None:
    with centre.database.write() as session:
        for number in (7, 8):
            session.add(DeskRow(code=f"NB-14701-q{number}", agency_key=AGENCY, name_vi=f"Quầy {number}"))
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(poster_network=3))
    desk = "NB-14701-q7"
    phones = [Phone(centre, cookies=False) for _ in range(5)]
    addresses = [tap(phone, 3, desk) for phone in phones[:3]]
    phones[0].send(addresses[0])  # sealed or open, it counts
    form, before = phones[3].form(f"/d/{desk}"), count_stored(centre)
    refused = phones[3].post(f"/d/{desk}", **form, score=1)
    assert "mạng di động" in check_error_page(refused, "HL-429") and 3500 < int(refused.headers["Retry-After"]) <= 3900
    assert count_stored(centre) == before
    assert phones[1].get(addresses[1]).status_code == 200  # whoever began may go on
    tap(phones[3], 3, "NB-14701-q8")
    tap(Phone(centre, address="203.0.113.9"), 3, desk)
    centre.ran += 3_901_000
    tap(phones[4], 3, desk)


def test_left_alone_it_is_sealed_as_partial(centre: Centre) -> None:
    address = tap(Phone(centre), 2)
    centre.clock += QUARTER
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = find_response(centre, response_id_of(address))
    assert (row.channel, row.state, row.score) == ("poster", "partial", 2)


@pytest.mark.parametrize("code", ["NB-99999-Q1", "x", "%25", "a" * 300])
def test_a_desk_that_is_not_there_is_told_kindly(centre: Centre, code: str) -> None:
    before, phone = count_stored(centre), Phone(centre)
    for answer in (phone.get(f"/d/{code}"), phone.post(f"/D/{code}", score=5), phone.get(f"/d/{code}/more?id=1")):
        assert "Không có quầy này" in check_error_page(answer, "HL-404")
    check_error_page(phone.get(f"/d/{code}/sent"), "HL-404")
    assert count_stored(centre) == before


def test_a_blank_behind_a_desk_leads_to_it_and_a_sign_that_is_none_to_nothing(centre: Centre) -> None:
    before, phone = count_stored(centre), Phone(centre)
    assert "Quầy" in phone.client.get(f"/d/{DESK}%20", follow_redirects=True).text
    assert phone.client.get("/d/%00", follow_redirects=True).status_code == 404
    assert count_stored(centre) == before


def test_what_was_not_drawn_here_begins_nothing(centre: Centre) -> None:
    phone, before = Phone(centre), count_stored(centre)
    form = phone.form(f"/d/{DESK}")
    for fields in ({}, {**form, "seal": "0" * 32}, {**form, "id": "1" * 32}):
        assert phone.post(f"/d/{DESK}", **fields, score=5).status_code == 400
    assert phone.post(f"/d/{DESK}", **form, score=6).status_code == 400
    for path in ("more", "sent"):
        assert phone.get(f"/d/{DESK}/{path}?id={form['id']}").location == f"/d/{DESK}"
    assert count_stored(centre) == before


def test_a_slip_s_answer_is_none_of_the_poster_s(centre: Centre) -> None:
    with centre.database.write() as session:
        session.add(PhoneDraft(response_id="5" * 32, score=1, slip="X", lang="vi", t=0, touched_ms=2**50))
    try:
        assert Phone(centre).get(f"/d/{DESK}/more?id={'5' * 32}").location == f"/d/{DESK}"
    finally:
        with centre.database.write() as session:
            session.delete(session.get_one(PhoneDraft, "5" * 32))


SHEET = poster_pdf.Poster(
    "UBND phường Hoa Lư", "Quầy 3", "Ông/Bà có hài lòng với việc phục vụ hôm nay không?", "NB-14329-q3",
    "https://danhgia.ninhbinh.gov.vn", "0229 3871 234",
)  # fmt: skip
LONG = poster_pdf.Poster(
    "Ban Quản lý Khu kinh tế và các Khu công nghiệp tỉnh Ninh Bình", "Quầy tiếp nhận hồ sơ đầu tư 12",
    SHEET.question + " Xin cho biết thêm điều Ông/Bà mong muốn.", "NB-KKT-" + "X" * 30, SHEET.public_url,
)  # fmt: skip


@pytest.mark.parametrize("sheet", [SHEET, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_sheet_is_one_page_whose_code_opens_the_desk(
    sheet: poster_pdf.Poster, locale: str, pictures: Path, tmp_path: Path
) -> None:
    pdf = poster_pdf.draw_poster(sheet, fonts.find_font_family(None), locale)
    assert pdf == poster_pdf.draw_poster(sheet, fonts.find_font_family(None), locale)
    path = tmp_path / "poster.pdf"
    path.write_bytes(pdf)
    (page,) = pypdf.PdfReader(path).pages
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    words = page.extract_text()
    assert sheet.agency in words and sheet.desk in words and sheet.typed in words
    assert ("máy ảnh" in words) == (locale == "vi") and ("0229 3871 234" in words) == bool(sheet.phone)
    heights: dict[str, float] = {}

    def note(text: str, _page: object, place: Sequence[float], *_font: object) -> None:
        heights.setdefault(text.strip(), place[5])

    page.extract_text(visitor_text=note)
    assert heights[sheet.typed] > (63 + 20) / 25.4 * 72, "the faces stand on the address"
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil()
    picture.save(pictures / f"poster-{locale}-{len(sheet.agency)}.png")
    (code,) = qr_reader.read_qr_codes(picture)
    assert code.text == sheet.url == f"HTTPS://DANHGIA.NINHBINH.GOV.VN/D/{sheet.code.upper()}"


def test_the_code_of_the_sheet_opens_a_desk_with_small_letters(centre: Centre) -> None:
    with centre.database.write() as session:
        session.add(DeskRow(code="nb-Quầy-3", agency_key=AGENCY, name_vi="Quầy ba"))
    sheet = poster_pdf.Poster("A", "B", "C", "nb-Quay-3", "http://h")
    assert "/D/NB-QUAY-3" in sheet.url
    with centre.database.write() as session:
        session.add(DeskRow(code="nb-Quay-3", agency_key=AGENCY, name_vi="Quầy 3 mới"))
    assert "Quầy 3 mới" in Phone(centre).get(sheet.url.removeprefix("HTTP://H")).text


def test_the_command_writes_the_sheet_or_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre(tmp_path / "centre")
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "centre"))
    try:
        done = CliRunner().invoke(cli, ["poster", DESK])
        assert done.exit_code == 0 and Path(done.output.strip()).read_bytes().startswith(b"%PDF")
        assert CliRunner().invoke(cli, ["poster", DESK, "-o", str(tmp_path / "to" / "x.pdf")]).exit_code == 0
        assert (tmp_path / "to" / "x.pdf").exists()
        unknown = CliRunner().invoke(cli, ["poster", "NB-0"])
        assert unknown.exit_code == 1 and "unknown_desk" in unknown.output
        assert CliRunner().invoke(cli, ["poster"]).exit_code == 2
    finally:
        centre.close()
