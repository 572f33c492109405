"""The newest time that the centre signed: every door that signs or destroys by its clock moves it.

Else a centre that was used by one door alone would sign by a clock that has leapt since.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, select

from admin import jobs
from admin.api.slips import api_keys
from admin.auth import accounts, sessions
from admin.cli import cli
from admin.ledgers import centre_clock, centre_key_register, centre_key_replacement
from admin.slips import code_and_dossier_keys
from kiosk.desk import state
from kiosk.sync import carried_files
from models import clock
from models.keys import read_or_make_key
from models.protocol import note_token
from models.tables.centre_key import RegisteredKey
from models.tables.device import BatchLog, Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import SpentSlip
from models.tables.slip_record import DossierKey
from models.tables.tally import IssuedReport
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.centre_scene import HASH
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import QUARTER, Phone, find_form_action, find_link, mint_slip

DAY = 86_400_000
COMMANDS = Path(__file__).resolve().parents[2] / "admin" / "cli"
STAFF = "quantri@nb.vn"
#: What opens the door, once everything before it is done.
Opens = Callable[[], object]


class Scene:
    """A centre, its desk, and a phone."""

    def __init__(self, centre: Centre, desk: Desk, folder: Path) -> None:
        self.centre, self.desk, self.folder, self.phone = centre, desk, folder, Phone(centre)

    def posted(self, path: str, status: int = 303, client: FlaskClient | None = None, **more: object) -> Opens:
        """Send the form at `path`, which is drawn now."""
        client = client or self.phone.client
        drawn = client.get(path)
        assert drawn.status_code == 200, drawn.text
        data = {**read_hidden_fields(drawn.text), "act": "send", **more}

        def send() -> None:
            answer = client.post(find_form_action(drawn) if "<form method" in drawn.text else path, data=data)
            assert answer.status_code == status, answer.text

        return send

    def ran(self, *words: str) -> Opens:
        """Run a command of the centre."""
        url = self.centre.settings.database_url
        known = {"HAILONG_INSTANCE": str(self.centre.settings.instance), "DATABASE_URL": url}

        def run() -> None:
            result = CliRunner().invoke(cli, words, env=known)
            assert result.exit_code == 0, result.output

        return run

    def staff(self) -> FlaskClient:
        """A browser of the province's administrator, signed in."""
        now, client = self.centre.now().t, self.centre.app.test_client()
        with self.centre.database.write() as session:
            accounts.use_link(session, accounts.add_account(session, STAFF, "province", "NB", now), HASH, now)
        with self.centre.database.write() as session:
            client.set_cookie("hailong_admin", sessions.start_session(session, STAFF, now))
        return client


def a_batch(scene: Scene) -> Opens:
    scene.desk.rate(5)
    return lambda: scene.desk.sync(url=scene.centre.url)


def a_machine_to_pair(scene: Scene) -> Opens:
    second = Desk(scene.folder / "second")

    def pair() -> None:
        second.pair(scene.centre)
        second.close()

    return pair


def a_stick(scene: Scene) -> Opens:
    desk, file = scene.desk, scene.folder / "stick.hailong"
    desk.rate(4)
    carried_files.write_export(desk.database, read_or_make_key(desk.settings.key_file), desk.settings, desk.now(), file)
    return scene.ran("ingest-file", str(file))


def papers(scene: Scene) -> Opens:
    file = scene.folder / "papers.csv"
    file.write_text(f"answered_at,overall\n{clock.local_day(scene.centre.now().t)},5\n", encoding="utf-8")
    return scene.ran("responses", "import", str(file), "--agency", AGENCY, "--instrument", "short")


def an_announced_slip(scene: Scene) -> Opens:
    with scene.centre.database.write() as session:
        key = api_keys.add_key(session, "one-stop", AGENCY, scene.centre.now().t, 600)
    body = {"agency": AGENCY, "desk": DESK, "stage": "submission", "procedure": "1.001193"}

    def announce() -> None:
        client = scene.centre.app.test_client(use_cookies=False)
        answer = client.post("/api/v1/slips", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 201, answer.text

    return announce


def a_face(scene: Scene) -> Opens:
    return scene.posted(f"/r/{mint_slip(scene.desk)}", score=4)


def more_after_a_face(scene: Scene) -> Opens:
    return scene.posted(scene.phone.tap(mint_slip(scene.desk), 2), act="stop")


def another_on_the_slip(scene: Scene) -> Opens:
    token = mint_slip(scene.desk)
    scene.phone.tap(token, 4)
    path = f"/r/{token}/again"
    return scene.posted(path, client=Phone(scene.centre).client, score=2)


def it_was_me(scene: Scene) -> Opens:
    token = mint_slip(scene.desk)
    scene.phone.tap(token, 4)
    return scene.posted(f"/r/{token}")


def words_after_sealing(scene: Scene) -> Opens:
    thanks = scene.phone.send(scene.phone.tap(mint_slip(scene.desk), 2))
    return scene.posted(thanks.request.full_path.replace("/sent?", "/words?"), comment="Ghế hỏng")


def words_after_a_poster(scene: Scene) -> Opens:
    path = f"/d/{DESK}"
    answer = scene.phone.post(path, **scene.phone.form(path), score=1)
    thanks = scene.phone.send(answer.location)
    return scene.posted(thanks.request.full_path.replace("/sent?", "/words?"), comment="Ghế hỏng")


def the_long_form(scene: Scene) -> Opens:
    token = mint_slip(scene.desk)
    own = scene.phone.tap(token, 4)
    path = find_link(scene.phone.send(own), "/long?")
    answers: dict[str, Any] = {f"q{n}": "4" for n in range(1, 17)}
    return scene.posted(path, score="4", **answers)


def a_poster(scene: Scene) -> Opens:
    return scene.posted(f"/d/{DESK}", score=3)


def more_after_a_poster(scene: Scene) -> Opens:
    path = f"/d/{DESK}"
    answer = scene.phone.post(path, **scene.phone.form(path), score=1)
    return scene.posted(answer.location, act="stop")


def words_for_a_tablet(scene: Scene) -> Opens:
    with scene.desk.database.read() as session:
        who = state.read_state(session).identity
    assert who is not None
    id, key = scene.desk.tap(2), read_or_make_key(scene.desk.settings.key_file)
    page = note_token.mint(who.device, who.epoch, id, scene.desk.now().t, key, who.centre_key)
    return scene.posted(f"/n/{page}", comment="Chờ lâu")


def an_answer_that_was_left(scene: Scene) -> Opens:
    scene.phone.tap(mint_slip(scene.desk), 5)
    return lambda: jobs.update_responses_and_tallies(
        scene.centre.database, scene.centre.keys, scene.centre.now().t + QUARTER
    )


def a_key_that_has_served(scene: Scene) -> Opens:
    with scene.centre.database.write() as session:
        code_and_dossier_keys.make_missing_keys(session, scene.centre.now().t)
        code_and_dossier_keys.make_missing_keys(session, scene.centre.now().t - 400 * DAY)
    return lambda: jobs.update_responses_and_tallies(scene.centre.database, scene.centre.keys, scene.centre.now().t)


def a_paper(scene: Scene) -> Opens:
    scene.desk.rate(5)
    scene.desk.sync(url=scene.centre.url)
    scene.centre.clock = 70 * DAY
    period = clock.months_before(clock.local_day(scene.centre.now().t)[:7], 1)
    client = scene.staff()
    token = client.get("/devices").text.split('name="csrf_token" value="')[1].split('"')[0]
    data = {"csrf_token": token, "agency": AGENCY, "period": period}

    def issue() -> None:
        answer = client.post("/reports/issue", data=data)
        assert answer.status_code == 302, answer.text

    return issue


def a_device_that_is_lost(scene: Scene) -> Opens:
    with scene.desk.database.read() as session:
        who = state.read_state(session).identity
    assert who is not None
    return scene.ran("devices", "lost", who.device, "--yes")


def a_key_in_the_place_of_one(scene: Scene) -> Opens:
    return scene.ran("keys", "replace", "c-web-1.key", "--yes", "--yes-lost")


def a_key_that_another_process_holds(scene: Scene) -> Opens:
    """No ledger can be begun after it in this process; the register says since when."""
    centre = scene.centre
    return lambda: centre_key_replacement.replace_key(
        centre.database, centre.settings.instance, centre_key_register.BOX, centre.now().t, "test"
    )


#: Every door, with the addresses or the commands behind it.
DOORS: dict[Callable[[Scene], Opens], tuple[str, ...]] = {
    a_batch: ("sync.sync",),
    a_machine_to_pair: ("sync.enrol",),
    a_stick: ("ingest_file",),
    papers: ("import_command",),
    an_announced_slip: ("announce.slips",),
    a_face: ("survey.faces",),
    more_after_a_face: ("survey.more",),
    another_on_the_slip: ("survey.again",),
    it_was_me: ("survey.mine",),
    words_after_sealing: ("survey.words",),
    the_long_form: ("survey.long",),
    a_poster: ("survey.poster_faces",),
    more_after_a_poster: ("survey.poster_more",),
    words_after_a_poster: ("survey.poster_words",),
    words_for_a_tablet: ("survey.note",),
    an_answer_that_was_left: (),
    a_key_that_has_served: (),
    a_paper: ("reports.issue_report", "report_command"),
    a_device_that_is_lost: ("_act", "_withdraw"),
    a_key_in_the_place_of_one: ("keys_replace", "_begin_epochs"),
    a_key_that_another_process_holds: (),
}
#: What asks for the clock too, or takes something, and signs nothing that is kept: why.
OTHERS = {
    "sync.reference_data": "a reply that no ledger keeps; desks read no time from it",
    "sync.recording": "the same",
    "survey.typed": "leads to the page of a slip",
    "survey.code_form": "leads to the page of a code",
    "comments.export_comments": "a file to take away; the time stands in the audit log alone",
    "comments.export_questions": "the same",
    "desks.change": "settings; the time stands in the list of changes alone",
    "languages.change": "the same",
    "staff.sign_in": "people sign in whatever the clock shows",
    "staff.sign_out": "the same",
    "staff.link": "the same",
    "devices_enrol": "a code that ends after a quarter of an hour",
    "devices_approve": "the same",
}


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[Scene]:
    with pair_centre_and_desk(tmp_path, store_url) as (centre, desk):
        desk.sync(url=centre.url)
        yield Scene(centre, desk, tmp_path)


def kept_until(centre: Centre) -> int:
    """The newest time of the centre that stands in what it keeps for ever (ms since 1970, UTC)."""
    times = (
        BatchLog.received_ms, StoredEntry.covered_ms, Epoch.issued_ms, IssuedReport.issued_ms, DossierKey.destroyed_ms,
        RegisteredKey.since_ms, SpentSlip.spent_ms, Device.lost_ms,
    )  # fmt: skip
    with centre.database.read() as session:
        return max(session.scalar(select(func.max(time))) or 0 for time in times)


def newest_signed(centre: Centre) -> int:
    with centre.database.read() as session:
        return centre_clock.read_clock(session, centre.now().t).newest_ms or 0


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_door_moves_the_newest_time_that_was_signed(scene: Scene, door: Callable[[Scene], Opens]) -> None:
    opens = door(scene)
    begun = scene.centre.now().t
    scene.centre.set_in_use_until(begun - DAY)
    opens()
    assert begun <= newest_signed(scene.centre) <= scene.centre.now().t + QUARTER
    assert kept_until(scene.centre) <= newest_signed(scene.centre)


def test_no_door_is_missing_from_the_list(tmp_path: Path) -> None:
    centre = Centre(tmp_path)
    reading = {"GET", "HEAD", "OPTIONS"}
    found = {rule.endpoint for rule in centre.app.url_map.iter_rules() if (rule.methods or set()) - reading}
    centre.close()
    for path in COMMANDS.glob("*.py"):
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(part, ast.FunctionDef) and any(_asks_the_clock(inner) for inner in ast.walk(part)):
                found.add(part.name)
    listed = [name for names in DOORS.values() for name in names] + list(OTHERS)
    assert sorted(found) == sorted(listed)


def _asks_the_clock(node: ast.AST) -> bool:
    """Whether this is a command's `require_signing_clock(database)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require_signing_clock"
