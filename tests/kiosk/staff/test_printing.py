"""Printing of slips at the officer's page: once for each time a person asks; pages answer meanwhile."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk.desk import state
from kiosk.slips.printer import PrinterPatience
from kiosk.staff import print_jobs
from models.tables.desk_store import MintedSlip
from tests.fixtures import qr_reader, thermal_printer
from tests.fixtures.desk_staff_scene import StaffScene, enter_pin, press_button, read_page_text, read_seal
from tests.fixtures.thermal_printer import make_answering_printer

SOON = PrinterPatience(connect=5, answer=0.3, taking=0.5, printing=0.5, closing=0.3, rate=1e9)
#: For printers that take all and say nothing: a busy machine does not make them slow.
MUTE = PrinterPatience(connect=10, answer=0.3, taking=30, printing=0.5, closing=10, rate=1e9)
LONG = PrinterPatience(connect=10, answer=10, taking=30, printing=30, closing=10, rate=1e9)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk", waiting=0)
    made.app.extensions["printer_patience"] = LONG
    yield made
    if job := made.app.extensions.get("printing"):
        job.join(60)
    made.store.close()


@pytest.fixture
def client(scene: StaffScene) -> FlaskClient:
    signed_in = scene.app.test_client()
    enter_pin(signed_in, "/officer")
    press_button(signed_in, "slip", "/officer", stage="result")
    return signed_in


def printer_is(scene: StaffScene, address: str, patience: PrinterPatience = LONG, paper: str = "80") -> None:
    own = scene.app.extensions["settings"]
    scene.app.extensions["settings"] = dataclasses.replace(own, printer=address, printer_paper=paper)
    scene.app.extensions["printer_patience"] = patience


def ask(client: FlaskClient, number: str | None = None, serial: int = 1) -> None:
    """Press the button of the slip's page, or the one of a page that was drawn for print `number`."""
    page = client.get(f"/officer/slip/{serial}")
    named = re.search(r'name="number" value="(\d+)"', page.get_data(as_text=True))
    given = number if number is not None else named[1] if named else ""
    reply = client.post(f"/officer/slip/{serial}/print", data={"seal": read_seal(page), "number": given})
    assert reply.status_code == 303 and reply.location == f"/officer/slip/{serial}"


def done(scene: StaffScene, client: FlaskClient, serial: int = 1) -> str:
    """What the page says once the printer was waited for."""
    scene.app.extensions["printing"].join(60)
    assert not scene.app.extensions["printing"].is_alive()
    return read_page_text(client.get(f"/officer/slip/{serial}"))


def serials(scene: StaffScene) -> list[int]:
    with scene.store.read() as session:
        return [row.serial for row in session.query(MintedSlip).order_by(MintedSlip.serial)]


def test_a_slip_is_printed_and_the_page_says_what_the_printer_said(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address)
        assert "In ra máy in phiếu" in read_page_text(client.get("/officer/slip/1")) and machine.lines == 0
        ask(client)
        said = done(scene, client)
    assert "Máy in báo đã in xong phiếu. Lúc 09:42." in said and "In lại" in said
    (paper,) = machine.head.papers
    assert paper.width == 576
    with scene.store.read() as session:
        token = session.query(MintedSlip).one().token
    assert [code.text.rpartition("/")[2] for code in qr_reader.read_qr_codes(paper)] == [token]


def test_the_roll_is_the_one_that_was_set(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address, paper="58")
        ask(client)
        done(scene, client)
    assert [paper.width for paper in machine.head.papers] == [384]


def test_a_second_click_and_a_page_loaded_again_print_nothing(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address)
        ask(client, "1")
        ask(client, "1")  # while it is going
        done(scene, client)
        ask(client, "1")  # of a page that stands there, or is sent again by going back
        for _ in range(3):
            client.get("/officer/slip/1")
        for odd in ("", "0", "3", "-1", "x", "9" * 40, "²", "1 "):
            ask(client, odd)
        done(scene, client)
        assert machine.lines == 1
        ask(client, "2")  # a person pressed "In lại"
        done(scene, client)
        assert machine.lines == 2
    assert serials(scene) == [1], "printing made another slip"


def test_two_clicks_at_the_same_moment_print_once(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address)
        seal, cookie = read_seal(client.get("/officer/slip/1")), client.get_cookie("hailong_staff")
        assert cookie is None or cookie.value
        begun, gate = [], threading.Barrier(4)

        def click() -> None:
            gate.wait()
            with scene.store.write() as session:
                identity = state.read_state(session).identity
                assert identity is not None
                begun.append(print_jobs.begin_print(session, identity.epoch, 1, 1, scene.at))

        jobs = [threading.Thread(target=click) for _ in range(4)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(60)
        assert sorted(begun) == [False, False, False, True]
        client.post("/officer/slip/1/print", data={"seal": seal, "number": "1"})
        assert "printing" not in scene.app.extensions and machine.lines == 0


@pytest.mark.parametrize(
    ("behave", "patience", "said"),
    [
        (thermal_printer.never_answers, MUTE, "nhưng không báo đã in hay chưa. Xem tờ giấy"),
        (
            make_answering_printer(status=thermal_printer.PAPER_OUT),
            LONG,
            "Máy in hết giấy. Chưa in gì. Phiếu vẫn dùng được",
        ),
        (make_answering_printer(status=thermal_printer.COVER_OPEN), LONG, "Nắp máy in đang mở. Chưa in gì."),
        (make_answering_printer(ends_at=2), SOON, "Máy in hết giấy. Không biết phiếu đã in xong chưa."),
        (thermal_printer.closes_at_once, LONG, "Chưa in gì. Phiếu vẫn dùng được"),
        (thermal_printer.never_reads, SOON, "Máy in không nhận thêm. Phiếu chưa in xong."),
        (
            thermal_printer.make_breaking_printer(None),
            PrinterPatience(10, 0.2, 30, 30, 10, 1e9),
            "Máy in ngắt kết nối. Không biết",
        ),
    ],
    ids=["bare", "paper", "cover", "paper-ends", "hangs-up", "hangs", "breaks-off"],
)
def test_every_other_end_says_what_is_known_what_is_safe_and_what_to_do(
    scene: StaffScene, client: FlaskClient, behave: thermal_printer.Behaviour, patience: PrinterPatience, said: str
) -> None:
    with thermal_printer.run_printer(behave) as machine:
        printer_is(scene, machine.address, patience)
        ask(client)
        shown = done(scene, client)
        assert machine.lines == 1
    assert said in shown and "Phiếu vẫn dùng được" in shown and "In lại" in shown
    assert "báo đã in xong" not in shown and serials(scene) == [1]


def test_nobody_waits_for_a_printer_that_hangs(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(thermal_printer.never_reads) as machine:
        printer_is(scene, machine.address, PrinterPatience(10, 30, 60, 60, 30, 1e9))
        ask(client)
        job = scene.app.extensions["printing"]
        shown = client.get("/officer/slip/1").get_data(as_text=True)
        assert "Đang gửi phiếu tới máy in." in shown and re.search(r'<button class="first" disabled>', shown)
        assert 'http-equiv="refresh" content="2;' in shown and 'data-wait="1"' in shown
        page = press_button(
            client, "slip", "/officer", stage="refusal"
        )  # a further slip is made: the store is nobody's
        assert page.request.path == "/officer/slip/2" and "Đang gửi" not in read_page_text(page)
        assert scene.app.test_client().get("/staff").status_code == 200 and job.is_alive()
        machine.over.set()  # it reads now, and answers nothing; its caller leaves when it hangs up
        machine.end_lines()
        job.join(60)
        assert not job.is_alive()
    assert "Đang gửi" not in read_page_text(client.get("/officer/slip/2"))


def test_a_start_in_between_prints_nothing_and_says_so(
    scene: StaffScene, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address)
        with scene.store.write() as session:
            identity = state.read_state(session).identity
            assert identity is not None and print_jobs.begin_print(session, identity.epoch, 1, 1, scene.at)
        monkeypatch.setattr(print_jobs, "_RUN", "another start")
        shown = read_page_text(client.get("/officer/slip/1"))
        assert "Phần mềm bị ngắt khi đang in. Không biết phiếu đã in xong chưa." in shown and "(HL-P3)" in shown
        ask(client, "1")
        assert machine.lines == 0 and "printing" not in scene.app.extensions
        ask(client, "2")
        assert "Máy in báo đã in xong" in done(scene, client)
        assert machine.lines == 1


def test_a_result_that_cannot_be_written_down_is_not_waited_for(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer(status=thermal_printer.OFFLINE)) as machine:
        printer_is(scene, machine.address)
        ask(client)
        scene.app.extensions["printing"].join(60)
        kept = json.loads(scene.facts()["slip_print"])
        assert (kept["known"], kept["why"], kept["number"]) == ("not_printed", "offline", 1)
        with scene.store.write() as session:
            identity = state.read_state(session).identity
            assert identity is not None and print_jobs.begin_print(session, identity.epoch, 1, 2, scene.at)
        scene.pragma("query_only", 1)
        job = print_jobs.start_printing(scene.store, b"\x1b@", machine.address, identity.epoch, 1, 2, LONG)
        job.join(60)
        shown = read_page_text(client.get("/officer/slip/1"))
    assert "Không biết phiếu đã in xong chưa." in shown and "Đang gửi" not in shown


def test_without_a_printer_there_is_no_button_and_nothing_is_sent(scene: StaffScene, client: FlaskClient) -> None:
    assert "In ra máy in phiếu" not in read_page_text(client.get("/officer/slip/1"))
    seal = read_seal(client.get("/officer"))
    reply = client.post("/officer/slip/1/print", data={"seal": seal, "number": "1"})
    assert reply.status_code == 303 and reply.location == "/officer/slip/1"
    assert "printing" not in scene.app.extensions and "slip_print" not in scene.facts()


def test_only_whoever_is_signed_in_and_only_the_last_slip(scene: StaffScene, client: FlaskClient) -> None:
    with thermal_printer.run_printer(make_answering_printer()) as machine:
        printer_is(scene, machine.address)
        seal = read_seal(client.get("/officer/slip/1"))
        stranger = scene.app.test_client()
        assert stranger.post("/officer/slip/1/print", data={"seal": seal, "number": "1"}).location == "/officer"
        assert client.post("/officer/slip/1/print", data={"number": "1"}).location == "/officer"
        press_button(client, "slip", "/officer", stage="result")
        client.post("/officer/slip/1/print", data={"seal": seal, "number": "1"})
        assert "printing" not in scene.app.extensions and machine.lines == 0


def test_the_settings_name_the_printer(tmp_path: Path) -> None:
    from kiosk.settings import BadSettings, Settings

    (tmp_path / "kiosk.cfg").write_text("[kiosk]\nprinter = 10.0.0.9:9100\nprinter_paper = 58\n", encoding="utf-8")
    own = Settings.load(tmp_path)
    assert (own.printer, own.printer_paper) == ("10.0.0.9:9100", "58")
    (tmp_path / "kiosk.cfg").write_text("[kiosk]\nprinter_paper = 72\n", encoding="utf-8")
    assert Settings.load(tmp_path).printer_paper == "80"
    with pytest.raises(BadSettings, match="printer_paper"):
        Settings.load(tmp_path, strict=True)


