"""Noise at the staff's door: five hundred networks guess, and the owner of the account gets in."""

from __future__ import annotations

import math
import queue
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from admin.auth import accounts, known_browser, passwords
from admin.auth.sign_in_limits import AT_ONCE, LOCK_MS, SignInAttempts, SignInBlock, SignInLimits
from models.tables.staff_account import AuditRow
from tests.fixtures.centre_scene import HASH, NOW, PASSWORD, CentreScene, find_form_token, open_centre

EMAIL, OTHER, NOBODY = "province@nb.vn", "ward@nb.vn", "ai-do@nb.vn"
WRONG = "sai mất rồi"
NOISY, OFFICE = "203.0.113.7", "198.51.100.1"
MINUTE = 60_000


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CentreScene]:
    """A centre whose passwords are compared quickly; what is tried here is how often they are."""
    monkeypatch.setattr(passwords, "password_matches", lambda stored, typed: stored is not None and typed == PASSWORD)
    with open_centre(tmp_path, filled=False) as scene:
        yield scene


def many(number: int) -> str:
    """One of very many addresses, each a network of its own."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def browser(scene: CentreScene, address: str = OFFICE) -> FlaskClient:
    """A browser in this network, never seen before."""
    client = scene.client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL) -> TestResponse:
    form = {"email": email, "password": password, "csrf_token": find_form_token(client)}
    answer = client.post("/sign-in", data=form)
    client.delete_cookie("hailong_admin")
    return answer


def known(scene: CentreScene, address: str = OFFICE, email: str = EMAIL) -> FlaskClient:
    """A browser that signed in before."""
    client = browser(scene, address)
    assert sign_in(client, email=email).status_code == 302
    return client


def said(answer: TestResponse) -> str:
    """The words of a refusal."""
    shown = answer.text.split('role="alert">')[1].split("</form>")[0].split("<form")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def noise(scene: CentreScene, clients: int, email: str = EMAIL) -> list[int]:
    """What so many networks are answered, each with one wrong password."""
    return [sign_in(browser(scene, many(number)), WRONG, email).status_code for number in range(clients)]


def test_five_hundred_networks_that_guess_do_not_lock_the_owner_out(scene: CentreScene) -> None:
    owner, stranger = known(scene), browser(scene, many(1000))
    statuses = noise(scene, 500)
    assert statuses == [403] * 99 + [429] * 401
    assert sign_in(owner, WRONG).status_code == 403 and sign_in(owner).status_code == 302
    refused = sign_in(stranger)
    assert refused.status_code == 429 and "Nhiều mạng đã gửi quá nhiều mật khẩu sai" in said(refused)
    assert "liên kết một lần mới của quản trị viên" in said(refused)
    assert sign_in(stranger, email=OTHER).status_code == 302, "nobody else's account is closed"
    scene.now_ms += int(refused.headers["Retry-After"]) * 1000
    assert sign_in(stranger).status_code == 302, "the time that was told is the true one"


def test_one_who_guesses_closes_the_account_to_their_own_network_alone(scene: CentreScene) -> None:
    guesser = browser(scene, NOISY)
    assert [sign_in(guesser, WRONG).status_code for _ in range(6)] == [403] * 4 + [429] * 2
    assert sign_in(browser(scene, NOISY)).status_code == 429, "a browser without cookies is no other client"
    assert sign_in(browser(scene)).status_code == 302
    scene.now_ms += LOCK_MS
    assert sign_in(guesser).status_code == 302


def test_one_who_tries_a_password_on_everybody_is_stopped_and_a_known_browser_beside_them_is_not(
    scene: CentreScene,
) -> None:
    owner = known(scene, NOISY)
    sprayer = browser(scene, NOISY)
    tried = [sign_in(sprayer, WRONG, f"ten{number}@nb.vn") for number in range(100)]
    assert [answer.status_code for answer in tried] == [403] * 59 + [429] * 41
    assert "Mạng của Ông/Bà đã gửi quá nhiều mật khẩu sai" in said(tried[-1])
    assert sign_in(owner).status_code == 302 and sign_in(browser(scene), email=OTHER).status_code == 302
    scene.now_ms += int(tried[-1].headers["Retry-After"]) * 1000
    assert sign_in(sprayer, WRONG, "moi@nb.vn").status_code in (403, 429)
    assert sign_in(browser(scene, NOISY), email=OTHER).status_code == 302


def test_a_known_browser_has_five_tries_of_its_own(scene: CentreScene) -> None:
    owner, other = known(scene), known(scene)
    told = [sign_in(owner, WRONG) for _ in range(6)]
    assert [answer.status_code for answer in told] == [403] * 4 + [429] * 2
    assert "Trình duyệt này đã gửi quá nhiều mật khẩu sai" in said(told[-1]) and "không phải đợi" not in said(told[-1])
    assert sign_in(owner).status_code == 429 and sign_in(other).status_code == 302
    assert sign_in(browser(scene)).status_code == 302
    scene.now_ms += LOCK_MS
    assert sign_in(owner).status_code == 302


def test_right_passwords_are_no_noise(scene: CentreScene) -> None:
    """A hundred people of one office sign in within a minute, each in a new browser."""
    for _ in range(5):
        for email in ("province@nb.vn", "auditor@nb.vn", "editor@nb.vn", "ward@nb.vn", "desk@nb.vn") * 5:
            assert sign_in(browser(scene), email=email).status_code == 302
    assert [sign_in(browser(scene), WRONG).status_code for _ in range(5)] == [403] * 4 + [429]


def test_the_account_s_limit_is_not_lifted_by_its_owner(scene: CentreScene) -> None:
    owner = browser(scene)
    assert noise(scene, 90) == [403] * 90
    assert sign_in(owner).status_code == 302
    assert [sign_in(browser(scene, many(number)), WRONG).status_code for number in range(200, 220)].count(403) == 9


@pytest.mark.parametrize("email", [EMAIL, NOBODY, "khoa@nb.vn"])
def test_addresses_that_are_nobody_s_are_answered_like_the_others(scene: CentreScene, email: str) -> None:
    """Also one that was disabled: the same words, numbers and waits after the same noise."""
    with scene.database.write() as session:
        accounts.use_link(session, accounts.add_account(session, "khoa@nb.vn", "agency", "SNV", NOW), HASH, NOW)
        accounts.disable_account(session, "khoa@nb.vn", NOW)

    def heard(email: str) -> list[tuple[int, str, str | None, bool]]:
        scene.app.extensions.pop("sign_in_tries", None)
        answers = [sign_in(browser(scene, NOISY), WRONG, email) for _ in range(7)]
        answers += [sign_in(browser(scene, many(number)), WRONG, email) for number in range(100)]
        return [
            (one.status_code, said(one), one.headers.get("Retry-After"), known_browser.COOKIE in str(one.headers))
            for one in answers
        ]

    assert heard(email) == heard(OTHER)


def test_the_words_say_what_happened_what_is_safe_and_what_to_do(scene: CentreScene) -> None:
    guesser = browser(scene, NOISY)
    answer = [sign_in(guesser, WRONG) for _ in range(6)][-1]
    minutes = math.ceil(int(answer.headers["Retry-After"]) / 60)
    assert said(answer) == (
        "Chưa đăng nhập được. Mạng của Ông/Bà đã gửi quá nhiều mật khẩu sai cho địa chỉ này. Các lần thử sai ấy không "
        f"mở được gì và không thay đổi gì. Xin đợi {minutes} phút rồi thử lại. Trình duyệt từng đăng nhập bằng mật "
        "khẩu này không phải đợi."
    )
    guesser.get("/sign-in?lang=en")
    assert "Your network sent too many wrong passwords for this address. They opened nothing and changed" in said(
        sign_in(guesser)
    )


def test_a_new_password_makes_the_marks_of_before_worthless(scene: CentreScene) -> None:
    owner = known(scene)
    with scene.database.write() as session:
        link = accounts.renew_link(session, EMAIL, NOW)
    noise(scene, 120)
    assert sign_in(owner).status_code == 302, "a link that nobody used changes nothing"
    fresh = browser(scene, many(900))
    form = {"password": "mưa xuân phơi phới bay", "csrf_token": find_form_token(fresh, f"/staff/link/{link}")}
    assert fresh.post(f"/staff/link/{link}", data=form).status_code == 302
    assert sign_in(owner).status_code == 429, "the password was another one"
    assert sign_in(fresh).status_code == 302, "who used the link is let through the noise"


def mark(answer: TestResponse) -> str:
    """The line that sets the mark of a known browser."""
    (line,) = [one for one in answer.headers.getlist("Set-Cookie") if known_browser.COOKIE in one]
    return line


def test_the_mark_is_for_one_account_and_lets_nobody_in(scene: CentreScene) -> None:
    client = browser(scene)
    line = mark(sign_in(client))
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=31536000"} <= set(line.split("; "))
    name, _, value = line.split(";")[0].partition("=")
    assert EMAIL not in line and client.get("/").headers["Location"] == "/sign-in"
    assert value.partition(".")[0] == mark(sign_in(client)).partition("=")[2].partition(".")[0], "it stays the same one"
    noise(scene, 120)
    noise(scene, 120, OTHER)
    word, _, seal = value.partition(".")
    theirs = mark(sign_in(known(scene, email="desk@nb.vn"), email="desk@nb.vn")).split(";")[0].partition("=")
    other_name = mark(sign_in(known(scene, email="desk@nb.vn"), email="desk@nb.vn")).partition("=")[0]
    assert other_name == theirs[0] != name
    for forged in ("", "x", f"{word}.{'0' * 32}", f"{'0' * 32}.{seal}", value + "0", "é", theirs[2]):
        thief = browser(scene, many(700))
        thief.set_cookie(name, forged)
        assert sign_in(thief).status_code == 429, forged
    thief = browser(scene, many(701))
    thief.set_cookie(name, value)
    assert sign_in(thief, email=OTHER).status_code == 429
    assert [sign_in(thief, WRONG).status_code for _ in range(6)] == [403] * 4 + [429] * 2, "five tries, and no door"


def test_with_https_the_mark_is_bound_to_the_host(tmp_path: Path) -> None:
    with open_centre(tmp_path, public_url="https://hailong.example.vn", filled=False) as scene:
        client, base = scene.client(), "https://hailong.example.vn"
        code = client.get("/sign-in", base_url=base).text.split('name="csrf_token" value="')[1].split('"')[0]
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": code}
        line = mark(client.post("/sign-in", data=form, base_url=base))
        assert line.startswith("__Host-hailong_known_") and "Secure" in line


def test_while_very_many_are_judged_pages_are_served_and_a_known_browser_gets_in(
    scene: CentreScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes beside them is told so, and has lost no try."""
    owner, waiting, go_on = known(scene), queue.SimpleQueue[None](), threading.Event()

    def slow(stored: str | None, typed: str) -> bool:
        if typed == WRONG:
            waiting.put(None)
            assert go_on.wait(60)
        return stored is not None and typed == PASSWORD

    monkeypatch.setattr(passwords, "password_matches", slow)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        judged = [pool.submit(sign_in, browser(scene, many(number)), WRONG) for number in range(AT_ONCE)]
        try:
            for _ in judged:
                waiting.get(timeout=60)
            beside = [sign_in(browser(scene), PASSWORD) for _ in range(10)]
            assert {(one.status_code, one.headers["Retry-After"]) for one in beside} == {(503, "10")}
            assert "Mật khẩu của Ông/Bà chưa được kiểm tra" in said(beside[0])
            assert sign_in(owner).status_code == 302
        finally:
            go_on.set()
        assert [one.result().status_code for one in judged] == [403] * AT_ONCE
    assert sign_in(browser(scene)).status_code == 302


def test_what_is_refused_is_not_written_down(scene: CentreScene) -> None:
    """Nobody fills the log by knocking."""

    def rows() -> int:
        with scene.database.read() as session:
            return session.scalar(select(func.count()).select_from(AuditRow)) or 0

    noise(scene, 100)
    before = rows()
    assert noise(scene, 100) == [429] * 100 and rows() == before


def test_many_tries_at_once_cannot_get_round_a_limit() -> None:
    tries = SignInAttempts()
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: tries.begin(EMAIL, "a", "", NOW).counted, range(200)))
        assert sum(counted) == SignInLimits().here
        counted = list(pool.map(lambda number: tries.begin(EMAIL, str(number), "", NOW).counted, range(500)))
    assert sum(counted) == SignInLimits().account - SignInLimits().here


def test_processes_share_what_an_account_takes() -> None:
    assert (SignInLimits().shared(4).account, SignInLimits().shared(3).account, SignInLimits().shared(0)) == (
        25,
        34,
        SignInLimits(),
    )
    tries = SignInAttempts(SignInLimits().shared(4))
    closed = [tries.begin(EMAIL, str(number), "", NOW) for number in range(30)]
    assert [one.counted for one in closed] == [True] * 25 + [False] * 5 and closed[-1].why is SignInBlock.ACCOUNT
