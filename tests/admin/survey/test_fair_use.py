"""Fair use of the citizens' pages: the noisy meet limits of their own, and the honest next gets in."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask, request
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from admin.settings import HERE, BadSettings, Settings
from admin.slips import code_and_dossier_keys, slip_proof, slip_spending
from admin.slips.anonymous_request_limits import PAGE_AGE_MS, TEN_MINUTES_MS, AnonymousCounts, AnonymousLimits
from admin.survey.forms import seal_subject
from admin.web import client_network
from models.ids import new_id
from models.protocol import form_seal, slip, slip_typed_code
from models.protocol.crockford import ALPHABET
from models.tables.response import LaterAnswer
from tests.clock_seam import environment
from tests.fixtures.centre_and_desk import DESK, Centre, Desk
from tests.fixtures.phone_at_centre import Phone, check_error_page, count_stored, mint_slip

ROOT = Path(__file__).parents[3]
NOISY, HONEST = "203.0.113.7", "198.51.100.1"


def many(number: int) -> str:
    """One of very many addresses, each a network of its own."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def of_one_home(number: int) -> str:
    """One of the addresses of one /64."""
    return f"2001:db8:7:1::{number:x}"


def code_of(centre: Centre, token: str) -> str:
    """The code that is printed under this token's QR."""
    paper, _signature = slip.parse(token)
    with centre.database.read() as session:
        (device,) = [one.device_id for one in slip_proof.find_slip_makers(session, paper.device, paper.epoch)]
    return slip_typed_code.make_typed_code(
        paper.device, paper.epoch, paper.serial, code_and_dossier_keys.derive_typed_key(centre.keys.codes, device, 1)
    )


def wrong(centre: Centre, token: str, number: int = 0) -> str:
    """A code of the same desk that is none."""
    code = code_of(centre, token)
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1 + number % 31) % 32]


def page_of(text: str) -> str:
    """What the form for a code carries of its page."""
    (page,) = re.findall(r'name="page" value="([^"]*)"', text)
    return str(page)


def typed(phone: Phone, code: str, page: str = "") -> int:
    return phone.post("/m", code=code, page=page).status_code


@pytest.fixture(name="desk")
def the_desk(scene: tuple[Centre, Desk]) -> Desk:
    return scene[1]


# Typed codes


def test_one_who_types_wrong_codes_at_full_rate_stops_and_the_next_person_does_not(centre: Centre, desk: Desk) -> None:
    """Also out of a whole /64; the limits are those in use, and each reading of a text is a try."""
    token = mint_slip(desk)
    code, none, several = code_of(centre, token), wrong(centre, token), "ẾA ẾA ẾA ẾA"
    assert len(slip_typed_code.list_possible_readings(several)) == 64 and AnonymousLimits().typed_network == 300
    for noise in (lambda _number: NOISY, of_one_home):
        statuses = [typed(Phone(centre, False, noise(number)), several) for number in range(60)]
        assert statuses == [404] * 5 + [429] * 55
        assert typed(Phone(centre, False, noise(61)), none) == 429
        assert typed(Phone(centre, False, HONEST), code) == 303
    assert typed(Phone(centre, False, HONEST), none) == 404  # and may be wrong too


def test_many_networks_that_type_wrong_codes_close_a_desk_s_codes_for_nobody(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    code, none = code_of(centre, token), wrong(centre, token)
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(typed_device=20))
    assert [typed(Phone(centre, False, many(number)), none) for number in range(500)] == [404] * 20 + [429] * 480
    waiting = Phone(centre, False, HONEST)
    page = page_of(waiting.get("/m").text)
    centre.clock += PAGE_AGE_MS  # as long as it takes to read sixteen signs off a slip
    assert typed(waiting, code, page) == 303
    hasty = Phone(centre, False, many(501))
    answer = hasty.post("/m", code=code)
    assert "10 giây" in check_error_page(answer, "HL-429") and answer.headers["Retry-After"] == "10"
    assert f'value="{code}"' in answer.text  # nothing has to be typed again
    centre.clock += PAGE_AGE_MS
    assert typed(hasty, code, page_of(answer.text)) == 303


def test_a_guess_among_very_many_costs_a_page_of_its_own_that_is_old_enough(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    none = wrong(centre, token)
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(typed_all=0))
    guesser = Phone(centre, False, NOISY)
    page = page_of(guesser.get("/m").text)
    assert typed(guesser, none, page) == 429  # too young for a person
    centre.clock += PAGE_AGE_MS
    assert [typed(Phone(centre, False, many(number)), none, page) for number in range(5)] == [404] + [429] * 4
    time_text, word, seal = page.split(".")
    for forged in ("", "x", f"{int(time_text) - 1}.{word}.{seal}", f"{time_text}.{word}.{'0' * 32}", page + "0"):
        assert typed(guesser, none, forged) == 429
    fresh = page_of(guesser.get("/m").text)
    centre.clock += 13 * 3_600_000
    assert typed(guesser, none, fresh) == 429  # kept for half a day and no longer


def test_of_a_vietnamese_keyboard_s_readings_each_is_a_try(centre: Centre, desk: Desk) -> None:
    """Nobody guesses 64 codes for one."""
    tries = len(slip_typed_code.list_possible_readings("ẾA ẾA ẾA ẾA"))
    assert tries == 64
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(typed_network=tries + 1))
    assert [typed(Phone(centre, False, NOISY), "ẾA ẾA ẾA ẾA") for _ in range(3)] == [404, 404, 429]


def test_five_hundred_people_of_one_office_type_their_codes_within_an_hour(centre: Centre, desk: Desk) -> None:
    """One in ten is wrong the first time."""
    token = mint_slip(desk)
    code, none = code_of(centre, token), wrong(centre, token)
    before = centre.ran
    for number in range(500):
        centre.ran = before + number * 7_200
        if number % 10 == 0:
            assert typed(Phone(centre, False, HONEST), none) == 404
        assert typed(Phone(centre, False, HONEST), code) == 303


acts = st.lists(
    st.tuples(st.sampled_from(["noise", "noise", "noise", "honest", "pass"]), st.integers(0, 40), st.integers(0, 3)),
    max_size=120,
)


@settings(max_examples=200)
@given(acts)
def test_no_honest_client_is_refused_because_of_others(happened: list[tuple[str, int, int]]) -> None:
    """Whatever others do: a person with a page of their own is looked at, a right follow-up code is not even counted,
    and a network within human rates answers at the slip and at the poster."""
    counts = AnonymousCounts(
        AnonymousLimits(typed_network=9, typed_device=12, typed_all=20, beside_crowd=5, poster_crowd=5)
    )
    mono, beside_count, lately = 0, 0, 0
    for number, (act, network, target) in enumerate(happened):
        if act == "pass":
            mono += 20_000 * network
        elif act == "noise":
            for _ in range(7):
                counts.mistyped(f"noisy {network}", [target], "", mono)
                counts.misfollowed(f"noisy {network}", mono)
                counts.answered_beside(f"noisy {network}", f"slip {target}", mono)
                counts.posted(f"noisy {network}", f"desk {target}", mono)
                beside_count, lately = beside_count + 1, lately + 1
        else:
            own = f"honest {number}"
            assert not counts.crowded(own, {target}, mono) or counts.is_fresh(own, mono)
            assert counts.may_answer_beside(own, f"slip {target}", beside_count, mono)
            assert counts.poster_wait_ms(own, f"desk {target}", lately, mono) == 0
            assert counts.misfollowed(own, mono) == 0


def test_guessing_is_bounded_by_the_numbers_that_are_written_down() -> None:
    """Of clients that bring no page, whoever and however many they are."""
    counts, looked_at, year = AnonymousCounts(), 0, 365 * 24 * 3_600_000
    for number in range(20_000):  # for ten minutes, each from a network of its own
        mono = number * TEN_MINUTES_MS // 20_000
        if not counts.crowded(str(number), {number % 7}, mono):
            looked_at += 1
            counts.mistyped(str(number), [number % 7], "", mono)
    assert looked_at == AnonymousLimits().typed_all
    assert looked_at * year / TEN_MINUTES_MS / 2**36 < 0.005
    assert (
        AnonymousLimits().shared(4).typed_all == 1_500
        and AnonymousLimits().shared(4).poster_network == AnonymousLimits().poster_network
    )


# A slip that others answered


def beside(centre: Centre, phone: Phone, token: str, score: int) -> int:
    """Send a face on a slip that was used, as its page does."""
    id = new_id(centre.now().t)
    seal = form_seal.make_seal(centre.keys.page_key, seal_subject(token, id))
    return phone.post(f"/r/{token}", id=id, seal=seal, score=score).status_code


def test_one_network_fills_no_slip_and_the_next_person_s_answer_stands(centre: Centre, desk: Desk) -> None:
    token, most = mint_slip(desk), AnonymousLimits().beside_network
    Phone(centre).tap(token, 5)
    statuses = [beside(centre, Phone(centre, False, of_one_home(number)), token, 5) for number in range(most + 10)]
    assert statuses == [303] * most + [429] * 10
    owner = Phone(centre, address=HONEST)
    assert beside(centre, owner, token, 1) == 303
    with centre.database.read() as session:
        later = session.scalars(select(LaterAnswer).order_by(LaterAnswer.spent_ms)).all()
    assert len([row for row in later if row.serial == slip.parse(token)[0].serial]) == most + 1


def test_very_many_networks_fill_no_slip_either(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(beside_crowd=30, beside_network_crowded=2))
    Phone(centre).tap(token, 5)
    noise = [beside(centre, Phone(centre, False, many(number % 20)), token, 5) for number in range(80)]
    assert noise.count(303) == 40  # thirty, and from then on two of each
    assert [beside(centre, Phone(centre, False, HONEST), token, score) for score in (1, 2, 3)] == [303, 303, 429]
    centre.ran += 27 * 3_600_000
    assert beside(centre, Phone(centre, False, HONEST), token, 1) == 303


# The poster of a desk


def posted(centre: Centre, phone: Phone) -> int:
    """Send a face at the poster, as its page does."""
    id = new_id(centre.now().t)
    seal = form_seal.make_seal(centre.keys.page_key, seal_subject(DESK, id))
    return phone.post(f"/d/{DESK}", id=id, seal=seal, score=4).status_code


def test_a_busy_hall_is_served_and_who_answers_without_end_stops_alone(centre: Centre) -> None:
    """Five hundred people of one address within an hour, and one who does not stop."""
    before = centre.ran
    for number in range(500):
        centre.ran = before + number * 7_200
        assert posted(centre, Phone(centre, False, HONEST)) == 303
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(poster_network=30))
    statuses = [posted(centre, Phone(centre, False, of_one_home(number))) for number in range(50)]
    assert statuses == [303] * 30 + [429] * 20
    assert posted(centre, Phone(centre, False, NOISY)) == 303
    stored_counts = count_stored(centre)
    assert posted(centre, Phone(centre, False, of_one_home(99))) == 429 and count_stored(centre) == stored_counts


def test_a_poster_that_very_many_networks_use_serves_a_busy_hall_all_the_same(centre: Centre) -> None:
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(poster_crowd=0))
    hall = [posted(centre, Phone(centre, False, HONEST)) for _ in range(AnonymousLimits().poster_network_crowded + 1)]
    assert hall == [303] * AnonymousLimits().poster_network_crowded + [429]
    assert posted(centre, Phone(centre, False, many(1))) == 303


# Follow-up codes


def test_who_looks_up_wrong_codes_without_end_stops_and_right_ones_open(centre: Centre, desk: Desk) -> None:
    phone = Phone(centre)
    thanks = phone.send(phone.tap(mint_slip(desk), 4))
    (code,) = re.findall(r'translate="no">([0-9A-Z ]{14})<', thanks.text)
    most = 40
    centre.app.extensions["counts"] = AnonymousCounts(AnonymousLimits(follow_up_network=most))
    statuses = [Phone(centre, False, of_one_home(n)).get(f"/c/{n:012d}").status_code for n in range(most + 10)]
    assert statuses == [404] * most + [429] * 10
    for address in (HONEST, of_one_home(1)):
        assert Phone(centre, False, address).get(f"/c/{code}").status_code == 200
    assert Phone(centre, False, HONEST).get("/c/000000000000").status_code == 404


# Whose request it is


@pytest.mark.parametrize(
    ("peer", "forwarded", "as_peer"),
    [
        ("203.0.113.7", "", "203.0.113.7"), ("203.0.113.7", "10.0.0.1", "203.0.113.7"), ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"), ("127.0.0.1", "10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, ::1, 127.0.0.1", "203.0.113.7"), ("::1", "[2001:db8::1]:443", "2001:db8::1"),
        ("", "203.0.113.7:5678", "203.0.113.7"), ("127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:7:1::1", "", "2001:db8:7:1:ffff::9"), ("127.0.0.1", "garbage", "garbage"),
    ],
)  # fmt: skip
def test_a_proxy_that_is_listed_is_believed_and_nobody_else(peer: str, forwarded: str, as_peer: str) -> None:
    app = Flask("here")
    app.extensions["settings"] = Settings(Path("."), "sqlite://")
    names = []
    for address, header in ((peer, forwarded), (as_peer, "")):
        base = {"REMOTE_ADDR": address, **({"HTTP_X_FORWARDED_FOR": header} if header else {})}
        with app.test_request_context("/m", environ_base=base):
            names.append(client_network.network_name(request))
    assert names[0] == names[1] and re.fullmatch("[0-9a-f]{24}", names[0])
    with app.test_request_context("/m", environ_base={"REMOTE_ADDR": "192.0.2.200"}):
        assert client_network.network_name(request) not in names


def test_proxies_are_a_setting(tmp_path: Path) -> None:
    config = tmp_path / "admin.cfg"
    assert Settings.load(tmp_path).proxies == HERE
    for text, want in (("10.0.0.5, 2001:DB8:0::1", {"10.0.0.5", "2001:db8::1"}), ("", set())):
        config.write_text(f"[admin]\nproxies = {text}\n", encoding="utf-8")
        assert Settings.load(tmp_path).proxies == want
    config.write_text("[admin]\nproxies = my-proxy\n", encoding="utf-8")
    with pytest.raises(BadSettings, match="proxies"):
        Settings.load(tmp_path)


class _Proxy(BaseHTTPRequestHandler):
    """A server before the centre, as people put one there: it hands on what it is sent, and says for whom."""

    port = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        addresses = ", ".join(filter(None, [self.headers.get("X-Forwarded-For"), self.headers["X-Tested-As"]]))
        connection.request("POST", self.path, body, {**dict(self.headers), "X-Forwarded-For": addresses})
        answer = connection.getresponse()
        page = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        connection.close()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served(scene: tuple[Centre, Desk]) -> Iterator[int]:
    """The port of a proxy before `hailong admin serve` over the scene's store."""
    folder = scene[0].settings.instance
    command = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "admin", "serve", "--port", "0"]
    env = environment(HAILONG_INSTANCE=str(folder), PYTHONPATH=str(ROOT))
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    line = next((line for line in process.stderr if line.startswith("http://")), "")
    _Proxy.port = urlsplit(line.strip()).port or 0
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield proxy.server_address[1]
    proxy.shutdown()
    process.terminate()
    error_text = process.communicate(timeout=30)[1]
    assert NOISY not in error_text and HONEST not in error_text


def test_the_served_centre_tells_clients_apart_behind_a_proxy(
    served: int, scene: tuple[Centre, Desk], centre: Centre
) -> None:
    """Over real sockets; a client that claims to be others before the proxy's own word gains nothing."""
    token = mint_slip(scene[1])
    connection = http.client.HTTPConnection("127.0.0.1", served, timeout=60)

    def ask(address: str, code: str, claimed: str = "") -> int:
        headers = {"X-Tested-As": address, "Content-Type": "application/x-www-form-urlencoded"}
        claims = {"X-Forwarded-For": claimed} if claimed else {}
        connection.request("POST", "/m", urlencode({"code": code}), headers | claims)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    code, none = code_of(centre, token), wrong(centre, token)
    text = "ẾA ẾA ẾA ẾA"  # 64 readings: five are more than a network may have wrong
    assert [ask(NOISY, text, many(number)) for number in range(6)] == [404] * 5 + [429]
    assert [ask(HONEST, code), ask(HONEST, none), ask(NOISY, code)] == [303, 404, 429]
    stored_bytes = b"".join(path.read_bytes() for path in scene[0].settings.instance.rglob("*") if path.is_file())
    assert NOISY.encode() not in stored_bytes and HONEST.encode() not in stored_bytes


def test_nothing_of_who_asked_is_kept(centre: Centre, desk: Desk) -> None:
    token = mint_slip(desk)
    phone = Phone(centre, address=NOISY)
    phone.tap(token, 2)
    typed(phone, wrong(centre, token))
    assert "LATER_MOST" not in dir(slip_spending)
    stored_bytes = b"".join(path.read_bytes() for path in centre.settings.instance.rglob("*") if path.is_file())
    assert NOISY.encode() not in stored_bytes and os.fsencode(NOISY) not in stored_bytes
