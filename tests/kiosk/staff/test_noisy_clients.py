"""Noise at a desk's door: five hundred clients type PINs and digits, and the staff get in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.auth import known_browser, pin
from kiosk.auth.pin_tries import TRIES, TRIES_TOGETHER
from kiosk.staff.login import KEPT_MS, KEYPADS, KEYPADS_TOGETHER, Keypad
from tests.fixtures.desk_staff_scene import PIN, StaffScene, enter_pin, read_page_text, read_seal
from tests.fixtures.maintenance_acts import find_duty, list_maintenance_acts

WRONG = "582913"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffScene]:
    """A desk that compares PINs quickly; what is tried here is how often it does."""
    monkeypatch.setattr(pin, "verify_pin", lambda hash, typed: bool(hash) and typed == PIN)
    made = StaffScene(tmp_path / "desk", waiting=0)
    yield made
    made.store.close()


def browser(scene: StaffScene, number: int = -1) -> FlaskClient:
    """A browser of the network that was never let in; without a number on the desk's own machine."""
    client = scene.app.test_client()
    if number >= 0:
        client.environ_base["REMOTE_ADDR"] = f"10.0.{number >> 8}.{number & 255}"
    return client


def known(scene: StaffScene, number: int = -1, at: str = "/staff") -> FlaskClient:
    """A browser that was let in before, and left."""
    client = browser(scene, number)
    enter_pin(client, at)
    assert find_duty(scene, client) == at[1:]
    client.post(f"{at}/lock")
    return client


def noise(scene: StaffScene, clients: int) -> None:
    """So many clients type one wrong PIN each."""
    for number in range(clients):
        enter_pin(browser(scene, number), typed=WRONG)


@pytest.mark.parametrize("at", ["/staff", "/officer"])
def test_five_hundred_clients_with_wrong_pins_lock_no_known_browser_out(scene: StaffScene, at: str) -> None:
    owner = known(scene, at=at)
    noise(scene, 500)
    assert scene.facts()["pin_tries"] == str(TRIES_TOGETHER) and list_maintenance_acts(scene)[-1] == {
        "act": "locked",
        "at": "staff",
    }
    assert "sau 60 giây" not in read_page_text(owner.get(at))
    enter_pin(owner, at, WRONG)
    assert "Mã PIN chưa đúng" in read_page_text(owner.get(f"{at}?wrong=1"))
    enter_pin(owner, at)
    assert find_duty(scene, owner) == at[1:]
    assert scene.facts()["pin_tries"] == str(TRIES_TOGETHER), "for the noisy ones nothing is over"


def test_one_noisy_client_makes_itself_wait(scene: StaffScene) -> None:
    noisy, honest = browser(scene, 1), browser(scene, 2)
    for _ in range(50):
        enter_pin(noisy, typed=WRONG)
    enter_pin(noisy)
    assert find_duty(scene, noisy) is None and "sau 60 giây" in read_page_text(noisy.get("/staff"))
    enter_pin(honest)
    assert find_duty(scene, honest) == "staff"


def test_a_child_at_the_tablet_makes_the_tablet_wait_alone(scene: StaffScene) -> None:
    tablet, pc = known(scene, 1), browser(scene, 2)
    for _ in range(TRIES + 3):
        enter_pin(tablet, typed=WRONG)
    enter_pin(tablet)
    assert find_duty(scene, tablet) is None and "sau 60 giây" in read_page_text(tablet.get("/staff"))
    assert tablet.get("/").status_code == 200, "and ratings are taken there"
    enter_pin(pc, "/officer")
    assert find_duty(scene, pc) == "officer"
    scene.wait(60)
    enter_pin(tablet)
    assert find_duty(scene, tablet) == "staff"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("vi", "Nhiều thiết bị đã nhập sai mã PIN quá nhiều lần. Hãy thử lại sau 60 giây. Trình duyệt từng mở được "
               "bằng mã PIN này không phải đợi. Máy vẫn nhận đánh giá."),
        ("en", "Too many wrong PINs came from several devices. Please try again in 60 seconds. A browser that was let "
               "in with this PIN before need not wait. Ratings are taken all the while."),
    ],
)  # fmt: skip
def test_who_waits_because_of_others_is_told_so(scene: StaffScene, lang: str, said: str) -> None:
    noise(scene, TRIES_TOGETHER)
    assert said in read_page_text(browser(scene, 400).get(f"/staff?lang={lang}"))


def mark(answer: TestResponse) -> str:
    """The line that sets the mark of a known browser."""
    (line,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(known_browser.COOKIE)]
    return line


def test_the_mark_lets_nobody_in_and_ends_with_the_pin(scene: StaffScene) -> None:
    client = browser(scene)
    line = mark(enter_pin(client))
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=31536000"} <= set(line.split("; "))
    client.post("/staff/lock")
    value = line.split(";")[0].partition("=")[2]
    thief = browser(scene, 3)
    thief.set_cookie(known_browser.COOKIE, value)
    assert (
        "Mời nhập mã PIN" in read_page_text(thief.get("/staff")) and thief.get("/officer/slip/1.png").status_code == 404
    )
    noise(scene, TRIES_TOGETHER)
    word, _, seal = value.partition(".")
    for forged in ("", "x", f"{word}.{'0' * 32}", f"{'0' * 32}.{seal}", value + "0"):
        client = browser(scene, 4)
        client.set_cookie(known_browser.COOKIE, forged)
        enter_pin(client)
        assert find_duty(scene, client) is None, forged
    with scene.store.write() as session:
        pin.set_pin(session, PIN, scene.at)  # a new hash, even of the same digits
    noise(scene, TRIES_TOGETHER)
    enter_pin(thief)
    assert find_duty(scene, thief) is None


def pressed(client: FlaskClient, page: TestResponse, key: str) -> TestResponse:
    """One key of the keypad, as it works without script."""
    entry = re.search(r'name="entry" value="([^"]*)"', page.get_data(as_text=True))
    data = {"seal": read_seal(page), "entry": entry[1] if entry else "", "pin": "", "key": key}
    return client.post("/staff/pin", data=data, follow_redirects=True)


def test_five_hundred_noisy_keypads_throw_out_nobody_s_digits(scene: StaffScene) -> None:
    owner = browser(scene)
    page = owner.get("/staff")
    noisy = [browser(scene, number) for number in range(500)]
    seal = read_seal(page)
    for place, key in enumerate(PIN):
        page = pressed(owner, page, key)
        for number in range(place * 84, min(500, place * 84 + 84)):
            for _ in range(5):
                noisy[number].post("/staff/pin", data={"seal": seal, "entry": "", "pin": "", "key": "1"})
    assert page.get_data(as_text=True).count("●") == len(PIN)
    pressed(owner, page, "open")
    assert find_duty(scene, owner) == "staff"


def test_digits_are_kept_for_a_bounded_number_of_keypads() -> None:
    keypad, mono = Keypad(), 0
    honest = keypad.keep("honest", "27", mono)
    for number in range(5_000):
        keypad.keep(f"noisy {number % 400}", "1", mono)
        assert len(keypad) <= KEYPADS_TOGETHER
    assert keypad.take(honest, mono) == "27" and keypad.take(honest, mono) == "", "once"


def test_one_client_s_digits_are_kept_for_a_few_keypads_and_a_minute() -> None:
    keypad, mono = Keypad(), 0
    honest = keypad.keep("honest", "27", mono)
    mine = [keypad.keep("mine", "1" * n, mono) for n in range(1, KEYPADS + 2)]
    assert [keypad.length(name, mono) for name in mine] == [0, 2, 3, 4, 5] and keypad.length(honest, mono) == 2
    mono += KEPT_MS
    for number in range(KEYPADS_TOGETHER + 1):
        keypad.keep(f"later {number}", "1", mono)
    assert len(keypad) == KEYPADS_TOGETHER and [keypad.take(name, mono) for name in (honest, *mine)] == [""] * 6
