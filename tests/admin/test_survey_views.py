"""The phone page: a slip minted while the centre was down is proved, spent once and counted once; everything else is
told kindly and stores nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from admin import upkeep
from kiosk import slips
from models import ledger, sidecar, slip
from models.clock import Moment
from models.devices import Device
from models.entry import StoredEntry
from models.ids import new_id
from models.keys import signing_key
from models.responses import OpenedSidecar, PhoneDraft, Response, SpentSlip, Tie
from models.vocabulary import Stage
from tests.flow.scene import AGENCY, DESK, Centre, Desk, paired
from tests.kiosk.paired_desk import hidden

BIRTH = "1.001193"
DAY = 86_400_000
QUARTER = 15 * 60_000


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    """A paired desk whose centre cannot be reached any more; the centre's pages are asked directly."""
    with paired(tmp_path_factory.mktemp("phone")) as (centre, desk):
        centre.stop()
        yield centre, desk


@pytest.fixture
def centre(scene: tuple[Centre, Desk]) -> Iterator[Centre]:
    yield scene[0]
    scene[0].clock = 0


@pytest.fixture
def token(scene: tuple[Centre, Desk]) -> str:
    return minted(scene[1])


def minted(desk: Desk, ago_ms: int = 0, **values: Any) -> str:
    """A slip as the desk makes it, without a network."""
    now = desk.now()
    values = {"stage": Stage.RESULT, "procedure": BIRTH, "due_days": 3, **values}
    with desk.database.write() as session:
        made = slips.mint(session, signing_key(desk.settings.key_file), Moment(now.t - ago_ms, now.mono), **values)
    return made.token


class Phone:
    """A browser at the centre's pages; with `cookies` off it refuses them."""

    def __init__(self, centre: Centre, cookies: bool = True) -> None:
        self.client = centre.app.test_client(use_cookies=cookies)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **data: Any) -> TestResponse:
        return self.client.post(path, data=data)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the form at `path`."""
        page = self.get(path)
        assert page.status_code == 200, page.status
        return hidden(page.text)

    def tap(self, token: str, score: int, lang: str = "") -> str:
        """Touch a face; returns where the phone is sent."""
        path = f"/r/{token}{lang}"
        answer = self.post(path, **self.form(path), score=score)
        assert answer.status_code == 303, answer.text
        return answer.location

    def send(self, address: str, **more: Any) -> TestResponse:
        """Add something and send; follows to the thanks."""
        return self.client.post(address.partition("?")[0], data={**self.form(address), **more}, follow_redirects=True)


def stored(centre: Centre) -> dict[str, int]:
    """How much the centre holds of everything a phone may leave there."""
    tables = (SpentSlip, PhoneDraft, Response, StoredEntry, OpenedSidecar, Tie)
    with centre.database.read() as session:
        return {
            table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        }


def response(centre: Centre, id: str) -> Response:
    with centre.database.read() as session:
        return session.get_one(Response, id)


def id_of(address: str) -> str:
    return address.rpartition("id=")[2]


def kind(page: TestResponse, code: str) -> str:
    """A page for people, with its code, and without anything about who or when."""
    assert page.status_code == int(code[3:]) and code in page.text
    assert page.mimetype == "text/html" and "<h1>" in page.text and "score" not in page.text
    return page.text


def test_looking_never_spends_a_slip(centre: Centre, token: str) -> None:
    before = stored(centre)
    for phone in (Phone(centre), Phone(centre, cookies=False)):
        assert phone.get(f"/R/{token}").status_code == phone.get(f"/r/{token}").status_code == 200
        assert phone.client.head(f"/R/{token}").status_code == 200
    assert stored(centre) == before


def test_an_answer_is_counted_once_with_all_that_the_slip_says(centre: Centre, token: str) -> None:
    before, n = stored(centre), centre.index()["n"]
    phone = Phone(centre)
    address = phone.tap(token, 2)
    with centre.database.read() as session:
        assert session.get_one(PhoneDraft, id_of(address)).score == 2
    sent = phone.send(address, topic=["wait", "fair"], A="4", E="0", act="send")
    assert sent.status_code == 200 and "Cảm ơn Ông/Bà!" in sent.text
    row = response(centre, id_of(address))
    assert (row.outcome, row.reason, row.channel, row.state, row.score) == ("counted", None, "qr", "complete", 2)
    assert (row.stage, row.procedure_code, row.agency_key, row.desk_code) == ("result", BIRTH, AGENCY, DESK)
    assert row.answers == {"overall": 2, "A": 4, "E": 0} and row.topics == ["wait", "fair"]
    assert centre.index()["n"] == n + 1  # type: ignore[operator]
    added = {name: count - before[name] for name, count in stored(centre).items()}
    assert added == {
        "SpentSlip": 1, "PhoneDraft": 0, "Response": 1, "StoredEntry": 1, "OpenedSidecar": 1, "Tie": 1
    }  # fmt: skip


def test_nothing_more_records_the_face_alone(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 5)
    phone.send(address, topic=["wait"], comment="x", A="1", act="skip")
    row = response(centre, id_of(address))
    assert (row.answers, row.topics, row.state) == ({"overall": 5}, [], "complete")


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_the_same_post_again_gets_the_first_answer(centre: Centre, token: str, cookies: bool) -> None:
    phone = Phone(centre, cookies)
    form = phone.form(f"/r/{token}")
    first = phone.post(f"/r/{token}", **form, score=4)
    before = stored(centre)
    again = phone.post(f"/r/{token}", **form, score=1)
    assert (first.status_code, again.status_code) == (303, 303)
    assert id_of(first.location) == id_of(again.location) == form["id"]
    assert stored(centre) == before
    phone.send(first.location, act="send")
    whole = stored(centre)
    late = phone.client.post(f"/r/{token}", data={**form, "score": 1}, follow_redirects=True)
    assert "Cảm ơn Ông/Bà!" in late.text
    assert stored(centre) == whole and response(centre, form["id"]).score == 4


def test_sending_twice_adds_nothing_the_second_time(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    form, path = phone.form(address), address.partition("?")[0]
    phone.post(path, **form, act="send", topic=["wait"])
    before = stored(centre)
    assert "Cảm ơn" in phone.client.post(path, data={**form, "topic": ["fair"]}, follow_redirects=True).text
    assert stored(centre) == before and response(centre, form["id"]).topics == ["wait"]


def test_the_same_browser_finds_its_own_answer_again(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    for path in (f"/R/{token}", f"/r/{token.lower()}"):
        assert id_of(phone.get(path).location) == id_of(address)
    phone.send(address, act="send")
    again = phone.client.get(f"/R/{token}", follow_redirects=True)
    assert again.request.path.endswith("/sent") and "Cảm ơn Ông/Bà!" in again.text


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_another_browser_is_told_kindly_and_leaves_nothing(centre: Centre, token: str, sealed: bool) -> None:
    slow = Phone(centre)
    form = slow.form(f"/r/{token}")
    first = Phone(centre)
    address = first.tap(token, 5)
    if sealed:
        first.send(address, act="send")
    before = stored(centre)
    for answer in (
        Phone(centre).get(f"/R/{token}"),
        Phone(centre, cookies=False).get(f"/r/{token}"),
        slow.post(f"/r/{token}", **form, score=1),
        slow.post(f"/r/{token}", **form, score=9),
        Phone(centre).post(f"/r/{token}", score=1),
    ):
        page = kind(answer, "HL-409")
        assert "UBND xã Yên Mô" in page and id_of(address) not in page
    assert stored(centre) == before


def test_nobody_is_told_sent_who_did_not_send(centre: Centre, token: str) -> None:
    stranger = Phone(centre)
    for path in (f"/r/{token}/sent", f"/r/{token}/more", f"/r/{token}/sent?id={new_id(0)}", f"/r/{token}/more?id=x"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.location) == (303, f"/r/{token}")
    owner = Phone(centre)
    address = owner.tap(token, 1)
    assert owner.get(address.replace("/more", "/sent")).location == address
    for path in (f"/r/{token}/sent", f"/r/{token}/more", f"/r/{token}/more?id={new_id(0)}"):
        kind(stranger.client.get(path, follow_redirects=True), "HL-409")
    before = stored(centre)
    kind(stranger.client.post(f"/r/{token}/more", data={"id": new_id(0)}, follow_redirects=True), "HL-409")
    assert stored(centre) == before


def test_a_slip_of_someone_else_opens_no_answer(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    mine, other = minted(desk), minted(desk)
    phone = Phone(centre)
    id = id_of(phone.tap(mine, 4))
    assert phone.get(f"/r/{other}/more?id={id}").location == f"/r/{other}"


def changed(token: str, place: int) -> str:
    letter = "A" if token[place] != "A" else "B"
    return token[:place] + letter + token[place + 1 :]


def forged(desk: Desk, centre: Centre, token: str, **values: Any) -> str:
    """A token with other contents, signed with the desk's own key."""
    paper, _ = slip.parse(token)
    return slip.mint(replace(paper, **values), signing_key(desk.settings.key_file), centre.keys.public)


def test_damaged_and_unknown_slips_are_told_kindly(scene: tuple[Centre, Desk], token: str, tmp_path: Path) -> None:
    centre, desk = scene
    paper, _ = slip.parse(token)
    own, stranger = signing_key(desk.settings.key_file), signing_key(tmp_path / "stranger.key")
    bad = {
        "mistyped": changed(token, 40), "cut": token[:-1], "longer": token + "A", "made up": "A" * 152,
        "signature": changed(token, 100), "with a slash": "a b", "another sign": token[:-1] + "1",
        "device": forged(desk, centre, token, device=4242), "epoch": forged(desk, centre, token, epoch=9),
        "key": slip.mint(paper, stranger, centre.keys.public),
        "centre": slip.mint(paper, own, stranger.public),
    }  # fmt: skip
    before = stored(centre)
    for name, text in bad.items():
        phone = Phone(centre)
        for answer in (phone.get(f"/r/{text}"), phone.post(f"/r/{text}", score=5), phone.get(f"/r/{text}/more")):
            assert "Không đọc được mã này" in kind(answer, "HL-404"), name
    assert stored(centre) == before
    assert Phone(centre).get(f"/r/{token}").status_code == 200


def test_a_slip_works_until_30_days_after_the_result_is_due(scene: tuple[Centre, Desk], centre: Centre) -> None:
    desk = scene[1]
    due, undated = minted(desk, due_days=10), minted(desk, due_days=None)
    for days, fresh, stale in ((29, {due, undated}, set()), (35, {due}, {undated}), (42, set(), {due, undated})):
        centre.clock = days * DAY
        assert all(Phone(centre).get(f"/r/{token}").status_code == 200 for token in fresh)
        for token in stale:
            before = stored(centre)
            assert "hết hạn" in kind(Phone(centre).get(f"/R/{token}"), "HL-410")
            kind(Phone(centre).post(f"/r/{token}", score=5), "HL-410")
            assert stored(centre) == before


@pytest.mark.parametrize("score", ["", "0", "6", "5 ", "٣", "3.0", "<b>"])
def test_a_score_that_was_not_offered_spends_nothing(centre: Centre, token: str, score: str) -> None:
    before, phone = stored(centre), Phone(centre)
    answer = phone.post(f"/r/{token}", **phone.form(f"/r/{token}"), score=score)
    assert answer.status_code == 400 and "Xin chạm lại" in answer.text and 'role="alert"' in answer.text
    assert stored(centre) == before
    assert phone.post(f"/r/{token}", **hidden(answer.text), score=5).status_code == 303


def test_a_page_that_was_not_drawn_here_spends_nothing(scene: tuple[Centre, Desk], token: str) -> None:
    centre, desk = scene
    before, phone = stored(centre), Phone(centre)
    form, other = phone.form(f"/r/{token}"), phone.form(f"/r/{minted(desk)}")
    for fields in ({}, {**form, "seal": "0" * 32}, {**form, "id": new_id(0)}, other, {"id": form["id"]}):
        assert phone.post(f"/r/{token}", **fields, score=5).status_code == 400
    assert stored(centre) == before


def test_words_are_masked_and_stand_beside_the_entry_only(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 1)
    said = "Cán bộ hẹn lại 3 lần.\nGọi tôi 0912 345 678, CCCD 037201001234, thư a.b@vd.vn"
    phone.send(address, comment=said, act="send")
    id = id_of(address)
    row = response(centre, id)
    with centre.database.read() as session:
        opened = {side.kind: side for side in session.scalars(select(OpenedSidecar).where(OpenedSidecar.id == id))}
        entry = session.get_one(StoredEntry, (row.device_id, row.epoch, row.seq)).bytes
        tie = session.get_one(Tie, id).key
    assert opened["c"].value == "Cán bộ hẹn lại 3 lần.\nGọi tôi •••, CCCD •••, thư •••"
    paper, _ = slip.parse(token)
    assert opened["r"].value == tie == paper.key
    p = ledger.parse(entry).p
    for key, side in opened.items():
        assert p[key] == sidecar.commitment(side.salt, side.value)
    for secret in ("Cán", "0912", "0372", "vd.vn", paper.key, token, str(paper.serial) + ":"):
        assert secret.encode() not in entry


def test_too_long_a_comment_is_handed_back_whole(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    before, long = stored(centre), "ữ" * 1001
    answer = phone.send(address, comment=long, topic=["wait"], A="3", act="send")
    assert answer.status_code == 400 and long in answer.text and "1.000" in answer.text
    assert 'value="wait" checked' in answer.text
    assert stored(centre) == before
    sent = phone.client.post(address.partition("?")[0], data={**hidden(answer.text), "comment": "ngắn"})
    assert sent.status_code == 303


def test_the_second_page_needs_its_own_seal(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    form = {**phone.form(address), "seal": "f" * 32}
    answer = phone.post(address.partition("?")[0], **form, topic=["wait"])
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    with centre.database.read() as session:
        assert session.get(PhoneDraft, form["id"]) is not None


@pytest.mark.parametrize("more", [{"A": "6"}, {"B": "x", "topic": "wait"}])
def test_a_factor_score_that_was_not_offered_is_not_taken(centre: Centre, token: str, more: dict[str, str]) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    before, answer = stored(centre), phone.send(address, **more)
    assert answer.status_code == 400 and "Máy không hiểu" in answer.text
    assert stored(centre) == before


def test_left_alone_it_is_sealed_as_partial_after_a_quarter_of_an_hour(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    form, id = phone.form(address), id_of(address)
    touched = centre.now().t
    upkeep.settle(centre.database, centre.keys, touched + QUARTER - 60_000)
    with centre.database.read() as session:
        assert session.get(Response, id) is None and session.get(PhoneDraft, id) is not None
    upkeep.settle(centre.database, centre.keys, touched + QUARTER)
    row = response(centre, id)
    assert (row.state, row.score, row.outcome, row.channel) == ("partial", 4, "counted", "qr")
    assert row.at_ms <= touched
    before = stored(centre)
    late = phone.client.post(address.partition("?")[0], data={**form, "comment": "muộn"}, follow_redirects=True)
    assert late.request.path.endswith("/sent") and "15 phút" in late.text
    assert stored(centre) == before
    assert before["PhoneDraft"] == 0


def test_a_page_in_use_is_not_taken_away(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    centre.clock = QUARTER - 60_000
    assert phone.send(address, comment="x" * 1001).status_code == 400
    upkeep.settle(centre.database, centre.keys, centre.now().t + 120_000)
    with centre.database.read() as session:
        assert session.get(PhoneDraft, id_of(address)) is not None
    assert "15 phút" not in phone.send(address, comment="ngắn").text


def test_a_device_revoked_after_the_tap_takes_no_answer_away(scene: tuple[Centre, Desk], centre: Centre) -> None:
    desk = scene[1]
    left, sent, unused = minted(desk), minted(desk), minted(desk)
    phone = Phone(centre)
    one, two = phone.tap(left, 3), phone.tap(sent, 4)
    form = phone.form(two)
    device = slip.parse(left)[0].device_id

    def state(value: str) -> None:
        with centre.database.write() as session:
            session.get_one(Device, device).state = value

    state("revoked")
    try:
        kind(Phone(centre).get(f"/r/{unused}"), "HL-404")
        phone.post(two.partition("?")[0], **form, topic=["wait"])
        upkeep.settle(centre.database, centre.keys, centre.now().t + QUARTER)
    finally:
        state("active")
    assert (response(centre, id_of(one)).score, response(centre, id_of(two)).score) == (3, 4)


def test_another_language_keeps_the_slip_and_is_recorded(centre: Centre, token: str) -> None:
    before, phone = stored(centre), Phone(centre)
    page = phone.get(f"/R/{token}").text
    (link,) = re.findall(r'href="([^"]*lang=en)"', page)
    english = phone.get(link).text
    assert '<html lang="en">' in english and "Birth registration" in english and "Very satisfied" in english
    assert stored(centre) == before
    address = phone.tap(token, 5, "?lang=en")
    more = phone.get(address).text
    assert "lang=en" in address and '<html lang="en">' in more
    (back,) = re.findall(r'href="([^"]*lang=vi[^"]*)"', more)
    assert '<html lang="vi">' in phone.get(back.replace("&amp;", "&")).text
    sent = phone.send(address, act="send")
    assert "Thank you!" in sent.text or "Cảm ơn" in sent.text
    assert response(centre, id_of(address)).lang == "en"


def test_the_thanks_name_the_agency_in_the_language_of_the_page(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 5, "?lang=en")
    path, _, query = address.partition("?")
    sent = phone.client.post(f"{path}?lang=en", data={**phone.form(address), "act": "send"}, follow_redirects=True)
    assert "Thank you!" in sent.text and "Committee of Yen Mo Commune" in sent.text
    assert "UBND xã Yên Mô" in phone.get(sent.request.path + f"?id={id_of(query)}").text


def test_small_letters_and_capitals_are_the_same_slip(centre: Centre, token: str) -> None:
    for path in (f"/R/{token}", f"/r/{token}", f"/r/{token.lower()}", f"/R/{token.lower()}"):
        page = Phone(centre).get(path)
        assert page.status_code == 200 and f'action="/r/{token}"' in page.text


def test_every_score_is_thanked_alike(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    seen = []
    for score in range(1, 6):
        phone, token = Phone(centre), minted(desk)
        address = phone.tap(token, score)
        pages = phone.get(address).text, phone.send(address, act="skip").text
        plain = [page.replace(token, "TOKEN").replace(id_of(address), "ID") for page in pages]
        seen.append([re.sub(r'value="[0-9a-f]{32}"', "SEAL", page) for page in plain])
    assert all(pages == seen[0] for pages in seen)
    assert " checked" not in seen[0][0]


def test_what_is_kept_of_a_browser_differs_from_slip_to_slip(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    phone, tokens = Phone(centre), [minted(desk), minted(desk)]
    ids = [id_of(phone.tap(token, 4)) for token in tokens]
    with centre.database.read() as session:
        rows = session.scalars(select(SpentSlip.browser).where(SpentSlip.response_id.in_(ids))).all()
    assert len(set(rows)) == 2
    cookie = phone.client.get_cookie("hailong_slip")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    assert all(cookie.value not in row for row in rows)


def test_every_page_is_kept_by_no_cache_and_sends_no_address_on(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    pages = [Phone(centre).get(f"/r/{token}"), phone.get(address), phone.send(address, act="send")]
    for page in [*pages, Phone(centre).get("/r/nonsense")]:
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.text and " style=" not in page.text


# Many at once, on both databases


@pytest.fixture
def crowd(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with paired(tmp_path, store_url) as both:
        yield both


def together(work: list[Any]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]


def test_twenty_posts_of_one_page_make_one_answer(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    token = minted(desk)
    form = Phone(centre).form(f"/r/{token}")
    before = stored(centre)

    def post() -> TestResponse:
        return Phone(centre, cookies=False).post(f"/r/{token}", **form, score=4)

    said = together([post] * 20)
    assert {(one.status_code, id_of(one.location or "")) for one in said} == {(303, form["id"])}
    added = {name: count - before[name] for name, count in stored(centre).items()}
    assert (added["SpentSlip"], added["PhoneDraft"]) == (1, 1)
    more = Phone(centre, cookies=False).form(f"/r/{token}/more?id={form['id']}")

    def send() -> TestResponse:
        return Phone(centre, cookies=False).post(f"/r/{token}/more", **more, topic=["wait"])

    assert {one.status_code for one in together([send] * 10)} == {303}
    row = response(centre, form["id"])
    assert (row.score, row.outcome, row.topics) == (4, "counted", ["wait"])
    assert stored(centre)["Response"] == before["Response"] + 1
    assert centre.index()["n"] == 1


def test_ten_browsers_with_one_slip_spend_it_once(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    token = minted(desk)
    phones = [Phone(centre) for _ in range(10)]
    forms = [phone.form(f"/r/{token}") for phone in phones]
    before = stored(centre)

    def tap(number: int) -> TestResponse:
        return phones[number].post(f"/r/{token}", **forms[number], score=1 + number % 5)

    said = together([lambda number=number: tap(number) for number in range(10)])
    codes = sorted(one.status_code for one in said)
    assert codes == [303] + [409] * 9
    for one in said:
        if one.status_code == 409:
            kind(one, "HL-409")
    (won,) = [number for number, one in enumerate(said) if one.status_code == 303]
    added = {name: count - before[name] for name, count in stored(centre).items()}
    assert (added["SpentSlip"], added["PhoneDraft"]) == (1, 1)
    phones[won].send(said[won].location, act="send")
    row = response(centre, forms[won]["id"])
    assert (row.score, row.outcome) == (1 + won % 5, "counted") and centre.index()["n"] == 1


def test_the_very_first_answer_keeps_its_time(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    before = centre.now().t
    address = Phone(centre).tap(minted(desk), 4)
    after = centre.now().t
    upkeep.settle(centre.database, centre.keys, after + QUARTER)
    row = response(centre, id_of(address))
    assert before <= row.at_ms == row.claimed_ms <= after


def test_ten_slips_at_once_are_ten_answers(crowd: tuple[Centre, Desk]) -> None:
    centre, desk = crowd
    tokens = [minted(desk) for _ in range(10)]

    def whole(token: str) -> TestResponse:
        phone = Phone(centre)
        return phone.send(phone.tap(token, 5), act="send")

    said = together([lambda token=token: whole(token) for token in tokens])
    assert {one.status_code for one in said} == {200}
    assert centre.index()["n"] == 10
