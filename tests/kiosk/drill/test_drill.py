"""The rehearsal of a desk's bad days: by itself with real means, and with a person at cable and plug."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.desk import practice, status_figures
from kiosk.drill import store_check
from kiosk.drill.citizen import AppPageClient, Citizen
from kiosk.drill.journal import Journal
from kiosk.drill.rehearsal_steps import Rehearsal, StepFailed
from kiosk.drill.report import TITLES, Step, format_checklist, sign_report
from kiosk.drill.unattended import UnattendedFaultInjector
from models import clock, keys
from models.protocol import canonical
from models.tables.desk_store import Draft
from tests.fixtures import desk_state_rows, own_mounts
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.desk_command import run_desk_command
from tests.fixtures.desk_server import DeskServer
from tests.fixtures.paired_desk import make_paired_app as paired_desk
from translations import use_locale

ROOT = Path(__file__).resolve().parents[3]
HAILONG = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "kiosk"]


def environment(desk: Desk) -> dict[str, str]:
    return {**os.environ, "HAILONG_INSTANCE": str(desk.settings.instance)}


def run(desk: Desk, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return run_desk_command(desk.settings.instance, "drill", *arguments, typed=typed)


@pytest.fixture
def scene(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, sqlite_url) as both:
        yield both


def genuine(report: dict[str, Any], desk: Desk) -> bool:
    """Whether the desk's own key signed exactly this report."""
    said = {name: value for name, value in report.items() if name not in ("signature", "key")}
    own = keys.read_or_make_key(desk.settings.key_file).public
    return report["key"] == own and keys.verify(own, report["signature"], canonical.dump(said, limit=1 << 16))


def test_by_itself_every_step_goes_well_and_nothing_counts(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    desk.rate(5)
    desk.rate(1)
    desk.database.close()
    done = run(desk, "--rehearse", "--json", "--by", "Nguyễn Văn A")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [step["id"] for step in report["steps"]] == list(TITLES) and all(step["ok"] for step in report["steps"])
    assert report["ok"] and report["by"] == "Nguyễn Văn A" and genuine(report, desk)
    kept = list((desk.settings.instance / "drills").iterdir())
    assert [json.loads(path.read_text(encoding="utf-8")) for path in kept] == [report]

    assert desk.sync(url=centre.url).waiting == 0
    index = centre.index()
    outcome = index["by_outcome"]
    assert isinstance(outcome, dict)
    assert index["n"] == 2 and outcome["counted"] == 2  # the two citizens from before, and nobody else
    assert outcome["reasons"]["drill"] == report["thanked"] > 20  # shown at the centre, each once
    with desk.database.read() as session:
        assert not practice.is_practice(session, clock.now())
        assert status_figures.read_figures(session, desk.settings)["open"] == 0


def test_without_a_centre_the_last_step_fails_and_says_so(scene: tuple[Centre, Desk], course: Rehearsal) -> None:
    centre, desk = scene
    centre.stop()
    course.steps = [Step(id, True, "") for id in TITLES if id != "cable_in"]  # done before, as after a start
    with use_locale("en"):
        course.walk()
        facts = {"desk": "Q1", "device": "d", "ended": 0, "app": "1", "thanked": 1, "by": ""}
        said = format_checklist(sign_report(facts, course.steps, keys.read_or_make_key(desk.settings.key_file)))
    (failed,) = [line for line in said if "[ ]" in line]
    assert "[ ] Network cable in again" in failed and centre.url in failed
    assert "5 of 6 steps went well." in said and sum("[x]" in line for line in said) == 5


def test_a_desk_that_is_being_served_is_left_alone(scene: tuple[Centre, Desk]) -> None:
    _, desk = scene
    with served(desk):
        done = run(desk, "--rehearse")
    assert done.returncode == 1 and done.stderr.startswith("already_serving: ") and done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--rehearse"], "not_paired"), (["--resume"], "nothing_under_way"), ([], "not_serving")]
)
def test_what_cannot_begin_says_why_in_one_line(tmp_path: Path, arguments: list[str], code: str) -> None:
    desk = Desk(tmp_path / "new")
    desk.database.close()
    done = run(desk, *arguments)
    assert done.returncode == 1 and done.stderr.startswith(f"{code}: ") and len(done.stderr.splitlines()) == 1


@contextmanager
def served(desk: Desk) -> Iterator[DeskServer]:
    """`hailong kiosk serve` beside the drill, as at a real desk; killed at the end."""
    server = DeskServer(desk.settings.instance)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def test_a_person_pulls_cable_and_plug(scene: tuple[Centre, Desk]) -> None:
    """The test is the person: it stops the centre, kills server and drill, starts again, and leaves two steps out."""
    centre, desk = scene
    with served(desk) as server:
        drill = subprocess.Popen(
            [*HAILONG, "drill", "--url", server.url, "--locale", "en"], cwd=ROOT, env=environment(desk),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert drill.stdin and drill.stderr
        patience = threading.Timer(120, drill.kill)  # a drill that waits for something else ends, and the test with it
        patience.start()
        until(drill.stderr, "Pull the network cable")
        drill.stdin.write("\n")
        drill.stdin.flush()
        until(drill.stderr, "The centre still answers")  # not pulled yet
        until(drill.stderr, "Pull the network cable")
        centre.stop()
        heard = ""
        while heard != "Now pull the power plug":  # a reply that was on its way when the centre stopped is noted later
            with desk.database.write() as session:
                desk_state_rows.put_texts(session, last_reply_ms=0)  # instead of five minutes
            drill.stdin.write("\n")
            drill.stdin.flush()
            heard = until(drill.stderr, "Now pull the power plug", "Pull the network cable")
        drill.kill()
        drill.wait()
        patience.cancel()
    centre.start()
    with served(desk) as server:
        with desk.database.read() as session:
            assert not practice.is_practice(session, clock.now())  # a start ends it
        done = run(desk, "--resume", "--url", server.url, "--locale", "en", "--json", typed="0\n0\n\n")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert {step["id"]: step["ok"] for step in report["steps"]} == {
        "ready": True, "cable_out": True, "power_off": True, "clock_wrong": False, "disk_full": False, "cable_in": True,
    }  # fmt: skip
    assert [step["detail"] for step in report["steps"] if not step["ok"]] == ["This step was left out."] * 2
    power = next(step for step in report["steps"] if step["id"] == "power_off")
    assert power["seen"] == {"kept": 15, "starts": 1} and genuine(report, desk)
    assert not (desk.settings.instance / "drills" / "under-way.jsonl").exists()


def until(stream: Any, *words: str) -> str:
    """Read what the drill says until it says one of `words`; returns which."""
    said = ""
    while True:
        character = stream.read(1)
        assert character, said
        said += character
        for one in words:
            if one in said:
                return one


@pytest.fixture
def machine(scene: tuple[Centre, Desk]) -> Iterator[UnattendedFaultInjector]:
    _, desk = scene
    desk.database.close()
    found = UnattendedFaultInjector(desk.settings)
    yield found
    found.close()


@pytest.fixture
def course(machine: UnattendedFaultInjector, tmp_path: Path) -> Rehearsal:
    journal = Journal(tmp_path)
    journal.begin()
    course = Rehearsal(machine, journal, lambda step: None)
    course.practise()
    return course


def test_a_lost_answer_is_found(course: Rehearsal) -> None:
    course.journal.thanked("0197f0c2a0007000800000000000dead")
    with pytest.raises(StepFailed, match="1 "):
        course.check()


def test_an_answer_that_would_count_is_found(course: Rehearsal) -> None:
    with course.means.database.write() as session:
        practice.end_practice(session, course.means.now())
    faces = Citizen(course.means.citizen.wire).faces()
    assert course.means.citizen.tap(faces).status == 303
    course.journal.thanked(faces.id)
    with pytest.raises(StepFailed):
        course.check()
    with course.means.database.read() as session:
        assert store_check.find_real_ratings(session, [faces.id]) == [faces.id]


def test_nothing_is_tapped_unless_the_screen_says_practice(course: Rehearsal) -> None:
    with course.means.database.write() as session:
        practice.end_practice(session, course.means.now())
    with pytest.raises(StepFailed):
        course.tap(1)
    with course.means.database.read() as session:
        assert session.query(Draft).count() == 0


def test_a_disk_that_never_gets_full_is_no_rehearsal(course: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    from kiosk.drill import rehearsal_steps

    monkeypatch.setattr(rehearsal_steps, "UNTIL_FULL", 5)
    with pytest.raises(StepFailed):
        course._until_refused()


def test_on_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A small file system of its own, filled to the last page; a rehearsal by itself stands above."""
    step = own_mounts.run_with_own_mounts("tight_disk", tmp_path, tmp_path)
    assert step["ok"] and step["left"] == ["under-way.jsonl"], step  # the file that took the room is gone


def test_a_machine_that_was_not_off_is_found(course: Rehearsal) -> None:
    with pytest.raises(StepFailed):
        course.power_back(course.look().boot)


def test_a_receipt_nobody_signed_is_found(scene: tuple[Centre, Desk]) -> None:
    from models.tables.desk_store import StoredReceipt

    centre, desk = scene
    desk.rate(4)
    assert desk.sync(url=centre.url).state == "ok"
    with desk.database.write() as session:
        assert store_check.count_forged_receipts(session, 0) == 0
        session.add(StoredReceipt(epoch=1, seq=99, h="0" * 64, t=1, at=1, bytes=b"{}", signature="0" * 128))
        session.flush()
        assert store_check.count_forged_receipts(session, 0) == 1


def test_the_journal_outlives_a_torn_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(by="A")
    journal.thanked("a", "b")
    journal.step(Step("ready", True, "ok").as_json())
    with open(tmp_path / "drills" / "under-way.jsonl", "ab") as file:
        file.write(b'["thanked", {"id')
    again = Journal(tmp_path)
    assert (again.ids(), again.facts(), len(again.steps()), again.boot()) == (["a", "b"], {"by": "A"}, 1, None)


def test_a_citizen_reads_what_the_screen_shows(tmp_path: Path) -> None:
    citizen = Citizen(AppPageClient(paired_desk(tmp_path, online=False)))
    faces = citizen.faces()
    assert (faces.status, faces.practice, faces.offline) == (200, False, True)
