"""Addresses of citizens as they arrive, and what a citizen sees where there is nothing."""

from __future__ import annotations

import re

import pytest

from models.protocol import mangled_address
from tests.fixtures.centre_and_desk import DESK, Centre, Desk
from tests.fixtures.phone_at_centre import Phone, check_error_page, count_stored, mint_slip

ENDINGS = (".", ")", "”", "…", "%20", "%2520", "%E2%80%8B", "%C2%A0", "/", "//", "%22", "&nbsp;", "%0A")


def test_whatever_stands_behind_an_address_the_page_opens(scene: tuple[Centre, Desk], centre: Centre) -> None:
    token = mint_slip(scene[1])
    before = count_stored(centre)
    for end in ENDINGS:
        for path, phrase in ((f"/r/{token}", "Ông/Bà"), (f"/R/{token}", "Ông/Bà"), (f"/d/{DESK}", "không kèm phiếu"),
                           ("/m", "Nhập mã trên phiếu"), ("/c/", "Mã theo dõi")):  # fmt: skip
            page = Phone(centre).client.get(path + end, follow_redirects=True)
            assert page.status_code == 200 and phrase in page.text, path + end
            assert mangled_address.repair_path(page.request.path) == mangled_address.repair_path(path)
    assert count_stored(centre) == before


def test_slashes_capitals_line_breaks_and_trackers_change_nothing(scene: tuple[Centre, Desk], centre: Centre) -> None:
    token = mint_slip(scene[1])
    for path in (
        f"/r//{token}/", f"/R/{token.lower()}", f"/r/{token[:70]}%0A{token[70:]}",
        f"/r/{token[:9]}-%20{token[9:]}", f"/r/{token}?fbclid=IwAR0x", f"/R/{token}/?zarsrc=30&utm_source=zalo",
        f"/r/{token}&fbclid=x", f"/r/{token}%20xem%20giúp",
    ):  # fmt: skip
        page = Phone(centre).client.get(path, follow_redirects=True)
        assert page.status_code == 200 and 'name="score"' in page.text, path
    moved = Phone(centre).get(f"/r/{token}.?lang=en&fbclid=x&utm_medium=y")
    assert (moved.status_code, moved.location) == (303, f"/r/{token}?lang=en")
    right = Phone(centre).get(f"/r/{token}?fbclid=x&zarsrc=30")
    assert right.status_code == 200  # what is right already is not sent anywhere


def test_a_form_that_was_sent_to_a_changed_address_loses_nothing(scene: tuple[Centre, Desk], centre: Centre) -> None:
    for change in ("/r/{}.", "/r/{}/", "/r//{}", "/R/{}%20"):
        token, phone = mint_slip(scene[1]), Phone(centre)
        form = phone.form(f"/r/{token}")
        moved = phone.post(change.format(token), **form, score=2)
        assert moved.status_code in (307, 308)  # a browser sends the form again, as it was
        before = count_stored(centre)["SpentSlip"]
        assert phone.post(moved.location, **form, score=2).status_code == 303
        assert count_stored(centre)["SpentSlip"] == before + 1, change


def test_an_address_that_was_cut_says_so(scene: tuple[Centre, Desk], centre: Centre) -> None:
    token = mint_slip(scene[1])
    for cut in (token[:-1], token[:100], token[:40].lower(), token[:100] + "…", token[:77] + "..."):
        page = check_error_page(Phone(centre).client.get(f"/r/{cut}", follow_redirects=True), "HL-404")
        assert "bị thiếu phần cuối" in page and 'action="/m"' in page, cut
    page = check_error_page(Phone(centre).get(f"/n/{token[:100]}"), "HL-404")
    assert "bị thiếu phần cuối" in page and "vẫn giữ nguyên" in page
    assert "Không đọc được mã này" in check_error_page(Phone(centre).get("/r/" + "A" * 152), "HL-404")


def lost(text: str) -> bool:
    """Whether a page is a citizen's: a field for a code or a way on, and nothing of the staff's pages."""
    staff = re.search(r"sign-in|/static/(?!survey/)|Đăng nhập|Sign in|class=\"button\"|/agencies|/ranking", text)
    return staff is None and "survey/survey.css" in text


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/r", "/r/", "/n/", "/d/", "/x/y/z", "/r/a/b/c/d", "/d/NB-14701-Q1/nothing", "/C/a/b", "/ranked/x",
     "/%2F%2Fa.vn", "/wp-login.php", "/hailong", "/M/x/y", "/\\a.vn", "/Đánh giá", "/q/<u>"],
)  # fmt: skip
def test_a_citizen_who_is_lost_meets_a_page_of_the_citizens(centre: Centre, path: str) -> None:
    before, phone = count_stored(centre), Phone(centre)
    page = phone.client.get(path, follow_redirects=True)
    assert page.status_code == 404 or page.request.path in ("/m", "/c/") or "/d/" in page.request.path, page.status
    if page.status_code == 404:
        text = check_error_page(page, "HL-404")
        assert lost(text) and "//a.vn" not in text and "<u>" not in text
        assert 'name="code"' in text or "/r/" in page.request.path or "/d/" in page.request.path
    assert count_stored(centre) == before


def test_the_page_of_the_lost_speaks_both_languages_and_its_field_takes_every_code(
    scene: tuple[Centre, Desk], centre: Centre
) -> None:
    page = Phone(centre).get("/nowhere")
    assert "Bộ phận Một cửa" in page.text and 'action="/m"' in page.text
    assert 'formaction="/m?lang=en"' in page.text  # a choice of language takes along what is being typed
    chosen = Phone(centre).post("/m?lang=en", code="R8XD 3WQ", act="look")
    assert chosen.status_code == 200 and 'lang="en"' in chosen.text and "R8XD 3WQ" in chosen.text
    english = Phone(centre).get("/nowhere?lang=en")
    assert english.status_code == 404 and "One-Stop" in english.text and 'action="/m?lang=en"' in english.text
    assert Phone(centre).post("/m", code="R8XD 3WQK 5T7M").location.startswith("/c/?code=")
    assert len(page.data) < 50_000


def test_other_faults_on_citizens_addresses_are_told_to_citizens(centre: Centre) -> None:
    phone = Phone(centre)
    for method, path, status in (
        ("PUT", "/m", 405), ("DELETE", "/r/x", 405), ("POST", "/c/R8XD3WQK5T7M", 405), ("POST", "/nowhere", 404),
    ):  # fmt: skip
        answer = phone.client.open(path, method=method)
        assert answer.status_code == status and lost(answer.text) and f"HL-{status}" in answer.text, path
    huge = phone.client.post("/m", data={"code": "a" * (3 << 20)})
    assert huge.status_code == 413 and lost(huge.text) and "rút ngắn" in huge.text
    for status in (400, 429, 500, 503):
        with centre.app.test_request_context("/r/x"):
            centre.app.preprocess_request()
            refused = centre.app.make_response(centre.app.handle_user_exception(_wrong(status)))
        assert refused.status_code == status and lost(refused.get_data(as_text=True)), status


def _wrong(status: int) -> Exception:
    from werkzeug.exceptions import default_exceptions

    return default_exceptions[status]() if status != 500 else RuntimeError("a fault of the program")


def test_programs_and_staff_are_answered_as_before(centre: Centre) -> None:
    phone = Phone(centre)
    reply = phone.client.get("/nowhere", headers={"Accept": "application/json"})
    assert reply.status_code == 404 and reply.get_json()["error"]["code"] == "not_found"
    assert phone.get("/api/nothing").get_json()["error"]["code"] == "not_found"
    phone.client.set_cookie("hailong_admin", "x")
    staff = phone.get("/nowhere")
    assert staff.status_code == 404 and "survey.css" not in staff.text
    assert lost(phone.client.get("/r/x/y/z", follow_redirects=True).text)
