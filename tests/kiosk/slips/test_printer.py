"""Slips on their way to printers that behave in every way, on real lines: only what is known is said."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from kiosk.slips import escpos, printer
from kiosk.slips.printer import PrinterPatience, PrintOutcome, PrintResult, print_out
from tests.fixtures import thermal_printer as printers
from tests.fixtures.thermal_printer import (
    CUT,
    Printer,
    make_answering_printer,
    make_breaking_printer,
    make_repeating_printer,
)

#: A printer that hangs is left soon; no test waits for one that answers any longer than it takes.
SOON = PrinterPatience(connect=5, answer=0.3, taking=0.5, printing=0.5, closing=0.3, rate=1e9)
#: For printers that take all, say nothing and close; a busy machine makes neither of it late.
MUTE = PrinterPatience(connect=10, answer=0.3, taking=30, printing=0.5, closing=10, rate=1e9)
#: For printers that take all, say nothing and never close.
OPEN = PrinterPatience(connect=10, answer=0.3, taking=30, printing=0.5, closing=0.3, rate=1e9)
#: For printers of which something comes: waiting ends with it.
LONG = PrinterPatience(connect=10, answer=10, taking=30, printing=30, closing=10, rate=1e9)
#: No more than a picture's: rows of noise, so that what printers do at once is also found in the picture.
PICTURE = Image.frombytes("1", (576, 900), bytes((n * n * 7 + n // 72) % 256 for n in range(72 * 900)))
SLIP = escpos.encode_raster(PICTURE)
Behaviour = Callable[[Printer, socket.socket], None]


def known(of: PrintResult) -> tuple[str, str]:
    return of.outcome.value, of.why


def printed(behave: Behaviour, patience: PrinterPatience, data: bytes = SLIP) -> tuple[tuple[str, str], Printer]:
    with printers.run_printer(behave) as machine:
        found = known(print_out(data, machine.address, patience))
    assert machine.lines == 1, "a slip went out twice"
    return found, machine


def test_printed_is_what_the_printer_answers_behind_the_slip() -> None:
    found, machine = printed(make_answering_printer(), LONG)
    assert found == ("printed", "")
    assert [paper.tobytes() for paper in machine.head.papers] == [PICTURE.tobytes()]


def test_questions_inside_a_picture_do_not_pass_for_answers() -> None:
    noise = bytearray(72 * 256)
    for at in range(0, len(noise) - 3, 61):
        noise[at : at + 3] = b"\x10\x04%c" % (at % 4 + 1)
    data = escpos.encode_raster(Image.frombytes("1", (576, 256), bytes(noise).translate(bytes(range(255, -1, -1)))))
    assert data.count(b"\x10\x04") > 100
    assert printed(make_answering_printer(), LONG, data)[0] == ("printed", "")
    assert printed(make_answering_printer(ends_at=1), PrinterPatience(10, 10, 30, 0.3, 10, 1e9), data)[0] == (
        "unsure",
        "paper_out",
    )


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (printers.PAPER_OUT, "paper_out"), (printers.COVER_OPEN, "cover_open"), (printers.KNIFE_STUCK, "error"),
        (printers.OFFLINE, "offline"),
    ],
    ids=["paper", "cover", "knife", "offline"],
)  # fmt: skip
def test_a_printer_that_says_it_cannot_print_gets_nothing(status: dict[int, int], why: str) -> None:
    found, machine = printed(make_answering_printer(status=status), LONG)
    assert found == ("not_printed", why) and bytes(machine.taken) == escpos.ASK_NOW


def test_paper_that_ends_in_the_middle_of_a_slip_leaves_it_to_the_paper() -> None:
    found, machine = printed(make_answering_printer(ends_at=3), PrinterPatience(10, 10, 30, 0.3, 10, 1e9))
    assert found == ("unsure", "paper_out") and machine.head.papers == []
    # the answer behind the data may itself say it, where a printer goes on without paper
    assert printed(make_answering_printer(in_turn=0x0C), LONG)[0] == ("unsure", "paper_out")


def test_trouble_after_the_slip_is_no_print() -> None:
    def behave(own: Printer, line: socket.socket) -> None:
        answered = 0

        def say(raw: bytes) -> None:
            nonlocal answered
            line.sendall(raw)
            if raw == b"\0":  # it came to the question behind the slip: now somebody opens it
                own.head.status = dict(printers.COVER_OPEN)

        own.head = printers.PrintHead(say)
        while raw := own.read(line):
            own.head.take(raw)

    assert printed(behave, LONG)[0] == ("unsure", "cover_open")


@pytest.mark.parametrize(
    ("behave", "patience", "why"),
    [
        (printers.never_answers, MUTE, "closed"),
        (printers.never_closes, OPEN, "silent"),
        (make_answering_printer(in_turn=None), MUTE, "closed"),
        (make_answering_printer(now=False), MUTE, "closed"),
        (make_repeating_printer(b"HTTP/1.1 400 Bad Request\r\n\r\n\xff"), LONG, "garbage"),
        (make_repeating_printer(b"\xff"), LONG, "garbage"),
        (make_repeating_printer(b"\0"), MUTE, "closed"),
        (make_repeating_printer(printers.REPORT), MUTE, "closed"),
    ],
    ids=["bare", "keeps-the-line", "not-behind", "not-at-once", "web", "noise", "noughts", "reports"],
)
def test_taken_is_all_that_is_known_of_one_that_does_not_answer(
    behave: Behaviour, patience: PrinterPatience, why: str
) -> None:
    found, machine = printed(behave, patience)
    assert found == ("taken", why)
    assert bytes(machine.taken).count(SLIP) == 1


def test_reports_between_the_answers_are_passed_over() -> None:
    def behave(own: Printer, line: socket.socket) -> None:
        own.head = printers.PrintHead(lambda raw: line.sendall(printers.REPORT + raw + b"\x13\x11"))
        while raw := own.read(line):
            own.head.take(raw)

    assert printed(behave, LONG)[0] == ("printed", "")


def test_one_that_answers_late_is_still_heard() -> None:
    def behave(own: Printer, line: socket.socket) -> None:
        kept = bytearray()
        own.head = printers.PrintHead(lambda raw: kept.extend(raw))
        while raw := own.read(line):
            own.head.take(raw)
            if CUT in own.taken:  # only when it is done
                line.sendall(bytes(kept))
                del kept[:]

    assert printed(behave, PrinterPatience(10, 2, 30, 30, 10, 1e9))[0] == ("printed", "")


@pytest.mark.parametrize(
    ("behave", "found"),
    [
        (printers.closes_at_once, ("not_printed", "closed")),
        (make_breaking_printer(0), ("not_printed", "reset")),
        (make_breaking_printer(1), ("not_printed", "reset")),
    ],
    ids=["closes", "resets", "resets-at-the-question"],
)
def test_one_that_hangs_up_before_the_slip(behave: Behaviour, found: tuple[str, str]) -> None:
    said, machine = printed(behave, LONG)
    assert said in (found, ("not_printed", "reset"), ("not_printed", "unreachable"))
    assert len(machine.taken) <= len(escpos.ASK_NOW)


def test_one_that_breaks_off_in_the_middle_did_not_print_a_whole_slip() -> None:
    found, machine = printed(
        make_breaking_printer(len(SLIP) // 3), PrinterPatience(10, 0.2, 30, 30, 10, 1e9), SLIP * 10
    )
    assert found == ("cut_short", "reset") and CUT not in machine.taken[-8:]


def test_one_that_closes_in_the_middle_did_not_either() -> None:
    def behave(own: Printer, line: socket.socket) -> None:
        while len(own.taken) < len(SLIP) // 3:
            own.read(line, 1_024)
        line.shutdown(socket.SHUT_WR)
        own.over.wait()

    found, _machine = printed(behave, PrinterPatience(10, 0.2, 30, 30, 10, 1e9), SLIP * 10)
    assert found == ("cut_short", "closed")


def test_one_that_breaks_off_after_the_slip_leaves_it_to_the_paper() -> None:
    assert printed(make_breaking_printer(None), PrinterPatience(10, 0.2, 30, 30, 10, 1e9))[0] == ("unsure", "reset")


@pytest.mark.parametrize("answers", [False, True], ids=["mute", "without-paper"])
def test_one_that_takes_nothing_more_is_left_and_gets_no_rest_later(answers: bool) -> None:
    read = threading.Event()

    def behave(own: Printer, line: socket.socket) -> None:
        if answers:
            own.read(line)
            line.sendall(bytes(printers.WELL.values()))
        own.over.wait()
        while own.read(line):
            pass
        read.set()

    machine = Printer(behave)
    try:
        assert known(print_out(SLIP, machine.address, SOON)) == ("cut_short", "slow")
    finally:
        machine.end()  # from now on it reads
    assert CUT not in machine.taken and not read.is_set(), "the rest of a slip that was given up came later"


def test_one_that_drips_is_left_too_and_one_that_is_only_slow_is_not() -> None:
    def behave(own: Printer, line: socket.socket) -> None:
        while own.read(line, 64):
            own.over.wait(0.001)

    assert printed(behave, SOON, SLIP * 40)[0] == ("cut_short", "slow")
    found, machine = printed(behave, PrinterPatience(10, 0.2, 60, 0.3, 30, 1e9))
    assert found[0] == "taken" and SLIP in machine.taken


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for nowhere, why in (
        (f"127.0.0.1:{port}", "unreachable"), ("127.0.0.1:99999", "unreachable"), ("x" * 300 + ":9100", "unreachable"),
        (str(tmp_path / "lp1"), "absent"), (str(tmp_path), "absent"), ("", "absent"), ("a\0b", "absent"),
    ):  # fmt: skip
        assert known(print_out(SLIP, nowhere, SOON)) == ("not_printed", why), nowhere
    assert not (tmp_path / "lp1").exists()


def test_two_slips_at_once_go_one_after_the_other() -> None:
    with printers.run_printer(make_answering_printer()) as machine:
        found: list[PrintResult] = []
        jobs = [
            threading.Thread(target=lambda: found.append(print_out(SLIP, machine.address, LONG))) for _ in range(4)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(60)
        assert [one.outcome for one in found] == [PrintOutcome.PRINTED] * 4 and machine.lines == 4


def test_one_printer_that_hangs_is_waited_for_by_the_next_and_then_no_more() -> None:
    with printers.run_printer(printers.never_reads) as machine:
        turn = printer._turns[machine.address]
        with turn:
            assert known(print_out(SLIP, machine.address, PrinterPatience(0, 0, 0, 0, 0, 1e9))) == (
                "not_printed",
                "busy",
            )
        assert machine.lines == 0


# Devices


def test_a_printer_at_a_serial_line_is_asked_like_one_in_the_network() -> None:
    with printers.run_terminal_printer() as (device, head):
        assert known(print_out(SLIP, device, LONG)) == ("printed", "")
        assert [paper.tobytes() for paper in head.papers] == [PICTURE.tobytes()]
    with printers.run_terminal_printer(status=printers.COVER_OPEN) as (device, head):
        assert known(print_out(SLIP, device, LONG)) == ("not_printed", "cover_open") and head.bands == 0
    with printers.run_terminal_printer(now=False, in_turn=None) as (device, head):
        assert known(print_out(SLIP, device, SOON)) == ("taken", "silent") and len(head.papers) == 1


def test_a_device_that_is_full_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    assert known(print_out(SLIP, str(pipe), SOON)) == ("not_printed", "absent")  # nobody at its other end
    other = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert known(print_out(SLIP * 40, str(pipe), SOON)) == ("cut_short", "slow")
        assert len(os.read(other, len(SLIP) * 40)) < len(SLIP) * 40
    finally:
        os.close(other)
    assert known(print_out(SLIP, "/dev/full", SOON)) == ("not_printed", "reset")  # it does not even take the question


def test_a_device_that_cannot_answer_gets_the_slip_alone(tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    device.touch()
    assert known(print_out(SLIP, str(device), SOON)) == ("taken", "silent") and device.read_bytes() == SLIP


def test_a_device_that_may_not_be_used() -> None:
    forbidden = "/proc/sys/kernel/ostype"  # to be written to by nobody, root included
    assert known(print_out(SLIP, forbidden, SOON)) == ("not_printed", "denied")


def test_where_devices_block_a_thread_is_left_behind_and_hands_over_no_rest(tmp_path: Path) -> None:
    device, pipe = tmp_path / "lp0", tmp_path / "lp1"
    device.touch()
    assert (
        known(printer.print_by_thread(SLIP, str(device), SOON)) == ("taken", "silent") and device.read_bytes() == SLIP
    )
    assert known(printer.print_by_thread(SLIP, str(tmp_path / "none"), SOON)) == ("not_printed", "absent")
    assert known(printer.print_by_thread(SLIP, "/dev/full", SOON)) == ("cut_short", "reset")
    os.mkfifo(pipe)
    data, got = SLIP * 40, 0
    other = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert known(printer.print_by_thread(data, str(pipe), SOON)) == ("cut_short", "slow")
        os.set_blocking(other, True)  # it is switched on again: what stands in the line comes, and an end
        while raw := os.read(other, 65_536):
            got += len(raw)
    finally:
        os.close(other)
    assert got < len(data)


def test_every_reason_has_words() -> None:
    """What can be said of a print is told apart on the officer's page and by the command."""
    from kiosk.cli import slip_print_lines
    from kiosk.staff import print_text

    words = {value for name, value in vars(printer).items() if re.fullmatch("[A-Z]+", name) and type(value) is str}
    words |= {escpos.PAPER_OUT, escpos.COVER_OPEN, escpos.ERROR, escpos.OFFLINE}
    assert {printer.SILENT, printer.GARBAGE} == words - slip_print_lines._WHY.keys()
    from translations import use_locale

    with use_locale("en"):
        assert {word for word in words if print_text._why(word) == print_text._why("")} == {
            printer.SILENT, printer.GARBAGE
        }  # fmt: skip
