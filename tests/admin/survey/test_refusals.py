"""Refusals of the phone page, kindly said: used, damaged, unknown, expired, revoked; nothing stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.ids import new_id
from models.keys import read_or_make_key
from models.protocol import slip
from tests.fixtures.centre_and_desk import Centre, Desk
from tests.fixtures.mistyped_slip_tokens import change_character
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import DAY, Phone, check_error_page, count_stored, mint_slip, response_id_of


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_another_browser_is_told_kindly_and_leaves_nothing(centre: Centre, token: str, sealed: bool) -> None:
    first = Phone(centre)
    address = first.tap(token, 5)
    if sealed:
        first.send(address)
    before = count_stored(centre)
    for answer in (
        Phone(centre).get(f"/R/{token}"),
        Phone(centre, cookies=False).get(f"/r/{token}"),
        Phone(centre).post(f"/r/{token}", score=1),
        Phone(centre).post(f"/r/{token}", id=new_id(0), seal="0" * 32, score=1),
    ):
        page = check_error_page(answer, "HL-409")
        assert "UBND xã Yên Mô" in page and response_id_of(address) not in page
        assert f'href="/r/{token}/again"' in page and "chuyển tới tỉnh để kiểm tra" in page
    assert count_stored(centre) == before


def test_nobody_is_told_sent_who_did_not_send(centre: Centre, token: str) -> None:
    stranger = Phone(centre)
    for path in (f"/r/{token}/sent", f"/r/{token}/more", f"/r/{token}/sent?id={new_id(0)}", f"/r/{token}/more?id=x"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.location) == (303, f"/r/{token}")
    owner = Phone(centre)
    address = owner.tap(token, 1)
    assert owner.get(address.replace("/more", "/sent")).location == address
    assert stranger.get(f"/r/{token}/again").status_code == 200
    for path in (f"/r/{token}/sent", f"/r/{token}/more", f"/r/{token}/more?id={new_id(0)}"):
        check_error_page(stranger.client.get(path, follow_redirects=True), "HL-409")
    before = count_stored(centre)
    check_error_page(stranger.client.post(f"/r/{token}/more", data={"id": new_id(0)}, follow_redirects=True), "HL-409")
    assert count_stored(centre) == before


def test_a_slip_of_someone_else_opens_no_answer(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    mine, other = mint_slip(desk), mint_slip(desk)
    phone = Phone(centre)
    id = response_id_of(phone.tap(mine, 4))
    assert phone.get(f"/r/{other}/more?id={id}").location == f"/r/{other}"




def forged(desk: Desk, centre: Centre, token: str, **values: Any) -> str:
    """A token with other contents, signed with the desk's own key."""
    paper, _ = slip.parse(token)
    return slip.mint(replace(paper, **values), read_or_make_key(desk.settings.key_file), centre.keys.public)


def test_damaged_and_unknown_slips_are_told_kindly(scene: tuple[Centre, Desk], token: str, tmp_path: Path) -> None:
    centre, desk = scene
    paper, _ = slip.parse(token)
    own, stranger = read_or_make_key(desk.settings.key_file), read_or_make_key(tmp_path / "stranger.key")
    bad = {
        "mistyped": change_character(token, 40), "cut": token[:-1], "made up": "A" * 152,
        "signature": change_character(token, 100), "with a slash": "a b", "another sign": token[:-1] + "1",
        "device": forged(desk, centre, token, device=4242), "epoch": forged(desk, centre, token, epoch=9),
        "key": slip.mint(paper, stranger, centre.keys.public),
        "centre": slip.mint(paper, own, stranger.public),
    }  # fmt: skip
    before = count_stored(centre)
    for name, text in bad.items():
        phone = Phone(centre)
        words = "bị thiếu phần cuối" if name in ("cut", "with a slash") else "Không đọc được mã này"
        ask, at = phone.client, f"/r/{text}"
        for answer in (
            ask.get(at, follow_redirects=True), ask.post(at, data={"score": 5}, follow_redirects=True),
            ask.get(f"{at}/more", follow_redirects=True),
        ):  # fmt: skip
            assert words in check_error_page(answer, "HL-404"), name
    assert Phone(centre).get(f"/r/{token}A").location == f"/r/{token}"  # what hangs behind it is taken off
    assert count_stored(centre) == before
    assert Phone(centre).get(f"/r/{token}").status_code == 200


def test_a_slip_works_until_30_days_after_the_result_is_due(scene: tuple[Centre, Desk], centre: Centre) -> None:
    desk = scene[1]
    due, undated = mint_slip(desk, due_days=10), mint_slip(desk, due_days=None)
    for days, fresh, stale in ((29, {due, undated}, set()), (35, {due}, {undated}), (42, set(), {due, undated})):
        centre.clock = days * DAY
        assert all(Phone(centre).get(f"/r/{token}").status_code == 200 for token in fresh)
        for token in stale:
            before = count_stored(centre)
            page = check_error_page(Phone(centre).get(f"/R/{token}"), "HL-410")
            assert "hết hạn" in page and ("ngày sau ngày hẹn trả" in page) == (token == due), "no day that it has not"
            assert ("không ghi ngày hẹn trả" in page) == (token == undated)
            check_error_page(Phone(centre).post(f"/r/{token}", score=5), "HL-410")
            assert count_stored(centre) == before


@pytest.mark.parametrize("score", ["", "0", "6", "5 ", "٣", "3.0", "<b>"])
def test_a_score_that_was_not_offered_spends_nothing(centre: Centre, token: str, score: str) -> None:
    before, phone = count_stored(centre), Phone(centre)
    answer = phone.post(f"/r/{token}", **phone.form(f"/r/{token}"), score=score)
    assert answer.status_code == 400 and "Xin chạm lại" in answer.text and 'role="alert"' in answer.text
    assert count_stored(centre) == before
    assert phone.post(f"/r/{token}", **read_hidden_fields(answer.text), score=5).status_code == 303


def test_a_page_that_was_not_drawn_here_spends_nothing(scene: tuple[Centre, Desk], token: str) -> None:
    centre, desk = scene
    before, phone = count_stored(centre), Phone(centre)
    form, other = phone.form(f"/r/{token}"), phone.form(f"/r/{mint_slip(desk)}")
    for fields in ({}, {**form, "seal": "0" * 32}, {**form, "id": new_id(0)}, other, {"id": form["id"]}):
        assert phone.post(f"/r/{token}", **fields, score=5).status_code == 400
    assert count_stored(centre) == before
