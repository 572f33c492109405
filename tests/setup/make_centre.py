"""The maker of a kept centre: `python -m tests.setup.make_centre HAILONG NAME`, run by hand.

HAILONG is the command of an installed version (`…/.venv/bin/hailong`), whose `python` lies beside it. That version
lives through a few weeks: two desks of two agencies, dossiers that were served at both, answers in pairs, slips
answered twice, words written on a phone, codes typed, and papers issued over all of it. `centres/NAME.tar.xz` holds the
centre's instance folder, and its store once more as that version has it in PostgreSQL (`store.sql`); `NAME.json` says
what was handed out and what that version said, on both. `test_kept_centres.py` upgrades them. Nothing of the project
is imported here: what has to be asked inside is asked by programs that the version runs.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.clock_seam import machine_seconds
from tests.fixtures import postgres
from tests.fixtures.installation import (
    Browser,
    Installation,
    answer_on_phone,
    enter_pin,
    find_follow_up_code,
    hash_file,
    query_store,
    rate_on_tablet,
    tap_face,
)
from tests.setup.make_store import (
    BIRTH,
    DESK,
    HCM,
    OTHER,
    PROVINCE,
    WARD,
    found_province,
    nobody,
    paper_forms,
    write_table,
)

CENTRES = Path(__file__).parent / "centres"
OTHER_DESK = "TX-B-Q1"
#: The morning at the desks, and the day of the papers (Vietnam's time).
MORNING, PAPERS = "2026-10-27T09:00:00", "2026-11-03T09:00:00"
MONTH, QUARTER = "2026-10", "2026-Q4"
#: What moves the clock of the version by as many ms as the file says that the variable names.
MOVED = """
import os, time
_true = time.time_ns
time.time_ns = lambda: _true() + int(open(os.environ["HAILONG_AHEAD"]).read()) * 1_000_000
"""
#: What mints the token of "Viết trên điện thoại": the desk's folder, device, id, centre's key → the token.
NOTE = """
import sys
from pathlib import Path
from models import clock, keys, note
folder, device, id, centre = sys.argv[1:]
print(note.mint(device, 1, id, clock.now().t, keys.signing_key(Path(folder) / "kiosk.key"), centre))
"""
#: What copies every row of one store into another that stands empty: the addresses of both.
MOVE = """
import importlib, pkgutil, sys
import models
from sqlalchemy import func, inspect, select, text
from models import base
from models.database import Database
for module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{module.name}")
one, other = (Database(url).engine for url in sys.argv[1:])
assert {table.name for table in base.tables("central")} == {*inspect(one).get_table_names()} - {"alembic_version"}
with one.connect() as here, other.begin() as there:
    for table in reversed(base.tables("central")):
        there.execute(table.delete())
    for table in base.tables("central"):
        rows = [dict(row._mapping) for row in here.execute(select(table))]
        if rows:
            there.execute(table.insert(), rows)
        for column in table.primary_key.columns:
            if column.autoincrement is True:
                last = there.scalar(select(func.max(column))) or 0
                sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
                there.execute(text(f"SELECT setval({sequence}, {last + 1})"))
"""


class Weeks:
    """Both desks and their centre, in a time that is moved."""

    def __init__(self, version: Path, folder: Path) -> None:
        self.version, self.folder = version, folder
        seam = folder / "seam"
        seam.mkdir()
        (seam / "sitecustomize.py").write_text(MOVED)
        self.ahead = seam / "ahead"
        own = {"PYTHONPATH": str(seam), "HAILONG_AHEAD": str(self.ahead)}
        self.centre = Installation(folder / "centre", version, own)
        self.desks = {name: Installation(folder / name, version, own) for name in (DESK, OTHER_DESK)}
        self.own = own

    def move(self, moment: str) -> None:
        """From here on it is `moment`, and goes on from there."""
        asked = datetime.datetime.fromisoformat(moment).replace(tzinfo=HCM).timestamp()
        self.ahead.write_text(str(int((asked - machine_seconds()) * 1000)))

    def now_ms(self) -> int:
        """The time there, ms since 1970 (UTC)."""
        return int(machine_seconds() * 1000) + int(self.ahead.read_text())

    def note(self, desk: str, id: str) -> str:
        """The token of the page on which words for the answer `id` of a desk are written."""
        store = self.desks[desk].folder / "kiosk.sqlite"
        told = dict(query_store(store, "SELECT name, value FROM desk_state"))
        return self.inside(NOTE, str(store.parent), told["device"], id, told["centre_key"])

    def inside(self, program: str, *words: str) -> str:
        """What a program prints that the version runs."""
        command = [str(self.version / "python"), "-c", program, *words]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **self.own}, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def make(version: Path, name: str) -> Path:
    """Make an archive with the programs in the folder `version`; returns it."""
    CENTRES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        weeks = Weeks(version, Path(folder))
        told = _live(weeks)
        archive = CENTRES / f"{name}.tar.xz"
        _keep(weeks, told, archive)
    return archive


def _keep(weeks: Weeks, told: dict[str, Any], archive: Path) -> None:
    centre = weeks.centre.folder
    for pdf in (centre / "reports").iterdir():  # they are drawn again from the figures that were frozen
        pdf.unlink()
    with postgres.run_server() as server, server.database() as url:
        there = Installation(centre, weeks.version, weeks.own | {"DATABASE_URL": url})
        there.run("admin", "upgrade")
        weeks.inside(MOVE, f"sqlite:///{centre / 'admin.sqlite'}", url)
        assert there.json("admin", "verify") == told["verify"] and there.json("admin", "recount")["changed"] == 0
        (centre / "store.sql").write_text(_dumped(url), encoding="utf-8")
    with tarfile.open(archive, "w:xz", preset=9) as out:
        out.add(centre, "centre", filter=nobody)
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    archive.with_suffix("").with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def _dumped(url: str) -> str:
    """The store as SQL that any client can send."""
    host, port, database = re.fullmatch(r".*@/(\w+)\?host=(.*)&port=(\d+)", url).group(2, 3, 1)  # type: ignore[union-attr]
    words = ["--inserts", "--no-owner", "--no-privileges", "-U", "postgres"]
    program = [str(postgres.find_programs() / "pg_dump"), *words]
    done = subprocess.run([*program, "-h", host, "-p", port, database], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return "\n".join(line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\"))) + "\n"


def _live(weeks: Weeks) -> dict[str, Any]:
    told: dict[str, Any] = {
        "about": "A centre that an earlier version made, see make_centre.py. All keys, secrets, codes and people in it "
                 "were invented for this test and open nothing else.",
        "month": MONTH, "quarter": QUARTER, "agencies": [PROVINCE, WARD, OTHER],
    }  # fmt: skip
    weeks.move(MORNING)
    found_province(weeks.centre, weeks.folder, {})
    weeks.centre.run("admin", "desks", "set", OTHER_DESK, "--typing", "--follow-up")
    weeks.centre.run("admin", "follow-up", "on")
    with weeks.centre.serving("admin") as address:
        told["devices"] = {name: _pair(weeks, name, address) for name in weeks.desks}
        first, second = (_slips(weeks, name, told) for name in weeks.desks)
        _answers(weeks, address, first, second, told)
    _issue(weeks, told)
    weeks.move(PAPERS)
    with weeks.centre.serving("admin") as address:  # a month is over when somebody answers on its slip
        told["follow_up"].append(
            answer_on_phone(Browser(address), f"/r/{first['late']['token']}", 2, comment="Muộn mấy hôm")
        )
    told["made_ms"] = weeks.now_ms()
    _say(weeks, told)
    return told


def _pair(weeks: Weeks, name: str, address: str) -> str:
    code = weeks.centre.json("admin", "devices", "enrol", name)["code"]
    device = weeks.desks[name].json("kiosk", "enrol", address, code)["device"]
    weeks.desks[name].run("kiosk", "pin", "--pin-stdin", stdin="274951\n")
    weeks.desks[name].run("kiosk", "sync", "--once")
    return str(device)


def _dossier(number: int) -> str:
    return f"H42-261020-{number:04d}"


def _slips(weeks: Weeks, name: str, told: dict[str, Any]) -> dict[str, dict[str, str]]:
    """A morning at a desk: answers of the tablet, some about a dossier, and slips that are named by what becomes of
    them. Dossiers 1 to 4 were served at both agencies."""
    desk, made, told_here = weeks.desks[name], dict[str, dict[str, str]](), dict[str, Any]()
    with desk.serving("kiosk") as address:
        officer, tablet = Browser(address), Browser(address)
        assert enter_pin(officer, "/officer", "274951")
        told_here["rated"] = [rate_on_tablet(tablet, score, ["manner"] * (score > 3)) for score in (5, 4, 3, 5, 4)]
        told_here["tied"] = []
        for number, score in ((1, 5), (2, 4), (5, 5), (6, 3)):  # what was served is tied to its dossier
            officer.open("/officer")
            officer.send("/serving", procedure=BIRTH, stage="result", dossier=_dossier(number))
            told_here["tied"].append(rate_on_tablet(tablet, score, ["wait"], "Chờ lâu" if number == 5 else ""))
        told_here["noted"] = [rate_on_tablet(tablet, score, ["wait"]) for score in (2, 3, 4)]
        secret = (desk.folder / "kiosk.slips").read_text().strip()
        wishes = {
            "pair": (5, "result"), "twice": (7, "result"), "again": (7, "result"), "browsers": (8, "result"),
            "shared": (1, "result"), "both": (3, "result"), "typed": (9, "submission"), "late": (6, "result"),
            "waiting": (2, "result"), "waiting_code": (4, "result"), "plain": (0, "submission"),
            "plain_code": (0, "supplement"), "unsent": (10, "result"),
        }  # fmt: skip
        for wish, (number, stage) in wishes.items():
            if wish == "unsent":
                desk.run("kiosk", "sync", "--once")
            asked = {"stage": stage, "procedure": BIRTH} | ({"dossier_code": _dossier(number)} if number else {})
            reply = Browser(address).ask(
                "POST", "/slips", json.dumps(asked).encode(), Authorization=f"Bearer {secret}",
                Content_Type="application/json", Idempotency_Key=f"{wish}",
            )  # fmt: skip
            assert reply.status == 201, reply.text
            body = json.loads(reply.body)
            assert body["tied"] == bool(number), (wish, body["tied"])
            made[wish] = {key: body[key] for key in ("token", "code")}
        told_here["never"] = tap_face(tablet, 1)  # its answer stays at the desk
    told_here["notes"] = [weeks.note(name, id) for id in (*told_here["noted"], told_here["never"])]
    told_here["slips"] = made
    told[name] = told_here
    return made


Slips = dict[str, dict[str, str]]


def _answers(weeks: Weeks, address: str, first: Slips, second: Slips, told: dict[str, Any]) -> None:
    """What phones made of it: one browser is as good as another, and each desk had its own share."""
    codes: list[str] = []
    for at, (slips, scores) in enumerate(((first, (2, 4, 1, 5, 3, 4, 3)), (second, (3, 5, 2, 4, 1, 5, 4)))):
        pair, twice, again, one, other, shared, both = scores
        given = (("pair", pair), ("twice", twice), ("again", again), ("browsers", one), ("browsers", other),
                 ("shared", shared), ("both", both))  # fmt: skip
        used = set[str]()
        for number, (name, score) in enumerate(given):
            more = {"comment": "Lần này chờ lâu quá"} if number == at else {}
            page = f"/r/{slips[name]['token']}" + "/again" * (name in used)  # another browser is told so, and may
            codes.append(answer_on_phone(Browser(address), page, score, **more))
            used.add(name)
        typist = Browser(address)
        typist.open("/m")
        typist.send("/m", code=slips["typed"]["code"])
        codes.append(answer_on_phone(typist, typist.path, 3 + at))
    for desk in weeks.desks:
        codes.append(answer_on_phone(Browser(address), f"/d/{desk}", 4))
        written, _waits, _not_yet, never = told[desk]["notes"]
        for token in (written, never):  # for an answer that is here, and for one that never came
            phone = Browser(address)
            assert phone.open(f"/n/{token}").status == 200, phone.page
            phone.send(act="send", comment="Viết ở nhà, gọi 0912 345 678")
            codes.append(find_follow_up_code(phone.page))
    assert all(codes)
    told["follow_up"] = codes


def _issue(weeks: Weeks, told: dict[str, Any]) -> None:
    """Paper forms of the month, then the issued papers over it."""
    weeks.move(PAPERS)
    for agency, count, name in ((WARD, 38, "t"), (OTHER, 35, "k")):
        write_table(weeks.folder / "forms.csv", paper_forms(MONTH, count, name))
        words = ("responses", "import", str(weeks.folder / "forms.csv"), "--agency", agency, "--instrument", "short")
        weeks.centre.run("admin", *words)
    told["reports"] = []
    for agency, more in ((WARD, ()), (OTHER, ()), (PROVINCE, ()), (PROVINCE, ("--locale", "en"))):
        one = weeks.centre.json("admin", "report", agency, MONTH, *more)
        path = Path(one.pop("pdf"))
        one.pop("new")
        told["reports"].append({**one, "file": path.name, "pdf_sha": hash_file(path), "locale": "en" if more else "vi"})


def _say(weeks: Weeks, told: dict[str, Any]) -> None:
    """What the version says of it: every index, the check of the ledgers; and it has counted all there is."""
    asked = [(agency, period) for agency in (PROVINCE, WARD, OTHER) for period in (MONTH, QUARTER)]
    told["index"] = {
        f"{agency} {period}": weeks.centre.json("admin", "index", agency, period, "--unsuppressed")
        for agency, period in asked
    }
    told["verify"] = weeks.centre.json("admin", "verify")
    told["recount"] = weeks.centre.json("admin", "recount")
    assert told["verify"]["ok"] and told["recount"]["changed"] == 0, told


if __name__ == "__main__":
    made = make(Path(sys.argv[1]).absolute().parent, sys.argv[2])
    print(made, made.stat().st_size)
