"""Sign-in: sessions in the store, wrong tries, links that work once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin.auth import accounts, passwords
from admin.auth.passwords import WeakPassword
from models.tables.staff_account import AuditRow, StaffSession
from tests.fixtures.centre_scene import NOW, PASSWORD, CentreScene, find_form_token, open_centre

EMAIL = "province@nb.vn"
MINUTE = 60_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as scene:
        yield scene


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, next: str = "") -> TestResponse:
    form = {"email": email, "password": password, "csrf_token": find_form_token(client)}
    return client.post("/sign-in", data=form, query_string={"next": next} if next else None)


def actions(scene: CentreScene) -> list[str]:
    with scene.database.read() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.number)))


def test_the_right_password_opens_the_first_page_and_is_logged(scene: CentreScene) -> None:
    client = scene.client()
    assert client.get("/").headers["Location"] == "/sign-in"
    response = sign_in(client)
    assert response.status_code == 302 and response.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert "signed_in" in actions(scene)


def test_the_cookie_is_for_the_server_alone_and_says_nothing(scene: CentreScene) -> None:
    response = sign_in(scene.client())
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("hailong_admin="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    secret = cookie.split("=", 1)[1].split(";")[0]
    with scene.database.read() as session:
        kept = session.scalars(select(StaffSession.hash)).all()
    assert kept and secret not in kept and EMAIL not in secret


def test_with_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    with open_centre(tmp_path, public_url="https://hailong.example.vn", filled=False) as scene:
        client = scene.client()
        page = client.get("/sign-in", base_url="https://hailong.example.vn")
        code = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": code}
        response = client.post("/sign-in", data=form, base_url="https://hailong.example.vn")
        cookies = response.headers.getlist("Set-Cookie")
        assert response.status_code == 302
        assert any(line.startswith("__Host-hailong_admin=") and "Secure" in line for line in cookies)
        assert all("Secure" in line for line in cookies)
        assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_every_sign_in_has_a_new_secret_and_ends_the_old_one(scene: CentreScene) -> None:
    client = scene.client(EMAIL)
    old = client.get_cookie("hailong_admin")
    assert old is not None
    sign_in(client)
    new = client.get_cookie("hailong_admin")
    assert new is not None and new.value != old.value
    stolen = scene.client()
    stolen.set_cookie("hailong_admin", old.value)
    assert stolen.get("/").status_code == 302


def test_signing_out_ends_it_on_the_server(scene: CentreScene) -> None:
    client = scene.client(EMAIL)
    kept = client.get_cookie("hailong_admin")
    assert kept is not None
    response = client.post("/sign-out", data={"csrf_token": find_form_token(client, "/")})
    assert response.status_code == 302
    thief = scene.client()
    thief.set_cookie("hailong_admin", kept.value)
    assert thief.get("/").headers["Location"] == "/sign-in"
    assert "signed_out" in actions(scene)


@pytest.mark.parametrize(("steps", "open"), [((19, 19, 19), True), ((20,), False), ((19,) * 37 + (18,), False)])
def test_a_session_ends_when_idle_or_old(scene: CentreScene, steps: tuple[int, ...], open: bool) -> None:
    client = scene.client(EMAIL)
    for minutes in steps:
        scene.now_ms += minutes * MINUTE
        last = client.get("/").status_code
    assert last == (200 if open else 302)


def test_a_page_that_stays_open_and_asks_by_itself_keeps_no_session_alive(scene: CentreScene) -> None:
    client = scene.client(EMAIL)
    for minutes in range(1, 21):
        scene.now_ms += MINUTE
        answer = client.get("/running.json")
        assert answer.status_code == (200 if minutes < 20 else 302), minutes
    assert client.get("/").headers["Location"] == "/sign-in"


def test_a_page_that_asks_by_itself_chooses_no_language_for_the_next_one(scene: CentreScene) -> None:
    client = scene.client(EMAIL)
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert "Set-Cookie" not in client.get("/running.json?lang=vi").headers
    assert '<html lang="en"' in client.get("/").text


def test_wrong_passwords_say_how_many_tries_are_left_then_lock(scene: CentreScene) -> None:
    client = scene.client()
    for left in (4, 3, 2, 1):
        response = sign_in(client, password="sai mất rồi")
        assert response.status_code == 403 and f"{left} " in response.text
    assert sign_in(client, password="sai mất rồi").status_code == 429
    assert sign_in(client).status_code == 429, "the right password waits too"
    scene.now_ms += 5 * MINUTE
    assert sign_in(client).status_code == 302
    assert "sign_in_locked" in actions(scene)


def test_a_form_without_its_token_or_from_elsewhere_is_refused(scene: CentreScene) -> None:
    client = scene.client()
    assert client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}).status_code == 400
    code = find_form_token(client)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": code}
    assert client.post("/sign-in", data=form, headers=elsewhere).status_code == 403
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("asked", "sent"),
    [("/agencies?q=x", "/agencies?q=x"), ("//evil.example", "/"), ("/\\evil.example", "/"),
     ("https://evil.example", "/")],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(scene: CentreScene, asked: str, sent: str) -> None:
    assert sign_in(scene.client(), next=asked).headers["Location"] == sent


def test_an_empty_form_is_not_a_try(scene: CentreScene) -> None:
    client = scene.client()
    assert [sign_in(client, password="").status_code for _ in range(6)] == [400] * 6
    assert sign_in(client).status_code == 302


def test_a_link_sets_a_password_once(scene: CentreScene) -> None:
    with scene.database.write() as session:
        code = accounts.add_account(session, " Moi@NB.vn ", "agency", "SNV", NOW)
    client = scene.client()
    form = {"password": "chim khuyên hót sớm mai", "csrf_token": find_form_token(client, f"/staff/link/{code}")}
    assert "moi@nb.vn" in client.get(f"/staff/link/{code}").text
    assert client.post(f"/staff/link/{code}", data=form).headers["Location"].startswith("/sign-in")
    assert sign_in(client, email="MOI@nb.vn", password="chim khuyên hót sớm mai").status_code == 302
    assert scene.client().get(f"/staff/link/{code}").status_code == 404


def test_a_link_grows_old(scene: CentreScene) -> None:
    with scene.database.write() as session:
        code = accounts.renew_link(session, EMAIL, NOW)
    scene.now_ms += accounts.LINK_MS
    assert scene.client().get(f"/staff/link/{code}").status_code == 404


def test_a_new_password_ends_all_sessions(scene: CentreScene) -> None:
    client = scene.client(EMAIL)
    with scene.database.write() as session:
        accounts.set_password(session, EMAIL, "mưa xuân phơi phới bay", NOW)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("ngắn quá", "password_short"), ("x" * 129, "password_long"), ("123456789012", "password_common"),
        ("Password1234", "password_common"), ("mật khẩu 2026", "password_common"), ("abcabcabcabc", "password_common"),
        ("hailong2026!!", "password_common"), ("province@nb1", "password_common"),
        ("qwertyuiop123456", "password_common"),
    ],
)  # fmt: skip
def test_a_password_that_is_easily_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.check_password(password, EMAIL)
    assert refused.value.code == code


@pytest.mark.parametrize("password", [PASSWORD, "correct horse nine 42", "Sông Đáy chảy về Kim Sơn"])
def test_a_long_password_needs_no_special_signs(password: str) -> None:
    passwords.check_password(password, EMAIL)


def test_a_password_is_kept_as_argon2id_and_typed_on_any_keyboard() -> None:
    import unicodedata

    stored = passwords.hash_password(unicodedata.normalize("NFC", PASSWORD))
    assert stored.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert passwords.password_matches(stored, unicodedata.normalize("NFD", PASSWORD))
    assert not passwords.password_matches(stored, PASSWORD + " ") and not passwords.password_matches(None, "nobody")


@pytest.mark.parametrize(
    ("email", "role", "agency", "code"),
    [
        ("không phải thư", "agency", "SNV", "bad_email"), ("a@b.vn", "chief", "SNV", "unknown_role"),
        ("a@b.vn", "agency", "XX", "unknown_agency"), (EMAIL, "agency", "SNV", "staff_exists"),
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_made_says_why(
    scene: CentreScene, email: str, role: str, agency: str, code: str
) -> None:
    with pytest.raises(accounts.AccountError) as refused, scene.database.write() as session:
        accounts.add_account(session, email, role, agency, NOW)
    assert refused.value.code == code


def test_the_log_cannot_be_forged_by_a_line_break(scene: CentreScene) -> None:
    with scene.database.write() as session:
        accounts.write_audit_row(session, EMAIL, "x", "a\r\nb", NOW)
        row = session.scalars(select(AuditRow).where(AuditRow.action == "x")).one()
        assert row.subject == "a  b"
