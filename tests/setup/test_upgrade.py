"""A province that an earlier version left in the middle of a morning goes on under today's.

Nothing is lost, counted twice or drawn otherwise, and what was handed out (slips, codes, papers, secrets, PIN) still
opens. Each store in `stores/` was made by `make_store.py` with an earlier version alone. Here it is unpacked and lived
with once, through real processes; the tests look at what came of it.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import os
import signal
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.clock import HCM
from tests.clock_seam import clock_at
from tests.fixtures import installation
from tests.fixtures.earlier_version_tables import drop_running_counts, to_present_figures, to_present_words
from tests.fixtures.installation import Browser, Installation, Reply
from tests.fixtures.report_documents import read_paper_text as words_of
from tests.fixtures.tables_since_first_version import NEW_TABLES

ROOT = Path(__file__).parents[2]
STORES = sorted((ROOT / "tests" / "setup" / "stores").glob("*.json"))
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
NEW_WORDS = "Lần này rất nhanh"


def then(made_ms: int) -> contextlib.AbstractContextManager[None]:
    """The product's clock at the time the store was made: links, replies and slips expire, and months end."""
    return clock_at(datetime.datetime.fromtimestamp(made_ms // 1000, HCM).strftime("%Y-%m-%dT%H:%M:%S"))


@dataclass
class Left:
    """What the earlier version left, where it lies now, and what today's version made of it."""

    told: dict[str, Any]
    centre: Installation
    desk: Installation
    stick: Path
    #: what each step gave, by its name
    gave: dict[str, Any] = field(default_factory=dict)
    #: answers that were given since, by their address
    given: list[str] = field(default_factory=list)


@pytest.fixture(scope="module", params=STORES, ids=[path.stem for path in STORES])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Left:
    told = json.loads(request.param.read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("left")
    with tarfile.open(request.param.with_suffix(".tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    own = {"PYTHONPATH": path}
    if sys.dont_write_bytecode:  # a dozen and a half processes start: what the first compiled serves the others
        own |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    centre, desk = (Installation(folder / part, environment=own) for part in ("centre", "desk"))
    found = Left(told, centre, desk, next((folder / "stick").iterdir()))
    with then(told["made_ms"] + 60_000):
        _go_on(found)
    return found


def _go_on(left: Left) -> None:
    """One morning: the centre is upgraded while the desk is started; then they meet again."""
    with ThreadPoolExecutor(2) as both:
        for part in [both.submit(_at_the_centre, left), both.submit(_at_the_desk, left)]:
            part.result()
    with left.centre.serving("admin") as address:
        _read(left, address)
        _phones(left, address)
        _address_of_the_centre(left.desk.folder, address)
        left.gave["sync"] = [left.desk.json("kiosk", "sync", "--once") for _ in range(2)]
        left.gave["batch again"] = _batch_again(left, address)
        left.gave["entries after"] = installation.read_entries(left.centre.folder / "admin.sqlite")
    after: dict[str, tuple[str, ...]] = {
        "verify after": ("verify",), "recount after": ("recount",),
        "index after": ("index", left.told["agencies"][1], left.told["month"], "--unsuppressed"),
    }
    _all(left, {name: partial(left.centre.json, "admin", *words) for name, words in after.items()})


def _all(left: Left, steps: dict[str, Callable[[], Any]]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for name, step in [(name, pool.submit(step)) for name, step in steps.items()]:
            left.gave[name] = step.result()


def _at_the_centre(left: Left) -> None:
    """Everything the earlier version said is asked again before anything new arrives. The stick comes last."""
    told, centre = left.told, left.centre
    for one in _province(told):
        (centre.folder / "reports" / one["file"]).unlink()
    centre.run("admin", "upgrade")
    steps: dict[str, Callable[[], Any]] = {"verify": lambda: centre.json("admin", "verify")}
    for kind, more in (("index", ()), ("index_all", ("--unsuppressed",))):
        for asked in told[kind]:
            words = ("index", *asked.split(), *more)
            steps[f"{kind} {asked}"] = partial(centre.json, "admin", *words)
    for one in _province(told):
        words = ("report", one["agency"], one["period"], "--locale", one["locale"])
        steps[f"report {one['file']}"] = partial(centre.json, "admin", *words)
    for one in told["previews"]:
        path = left.stick.parent / f"{_stem(one)}.pdf"
        words = ("report", one["agency"], one["period"], "--locale", one["locale"], "--preview", "-o", str(path))
        steps[f"preview {path.stem}"] = partial(_preview, centre, words, path)
    _all(left, steps)
    left.gave["stick"] = centre.json("admin", "ingest-file", str(left.stick))


def _stem(one: dict[str, str]) -> str:
    """The name of a preview's file, without its ending."""
    return f"{one['agency']}-{one['period']}-{one['locale']}"


def _preview(centre: Installation, words: tuple[str, ...], path: Path) -> bytes:
    centre.run("admin", *words)
    return path.read_bytes()


def _province(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The province's report, which the command draws again in both languages; the page draws all of them."""
    return [one for one in told["reports"] if one["agency"] == told["agencies"][0]]


def _at_the_desk(left: Left) -> None:
    """It starts, takes a tap and is killed; the PIN and the secret of the slips are the ones it had."""
    told, gave = left.told, left.gave
    secret = (left.desk.folder / "kiosk.slips").read_text().strip()
    with left.desk.serving("kiosk", KILL) as address:
        gave["open left"] = installation.query_store(left.desk.folder / "kiosk.sqlite", "SELECT count(*) FROM draft")[
            0
        ][0]
        gave["doors"] = [installation.enter_pin(Browser(address), door, pin) for door in ("/staff", "/officer")
                         for pin in (told["pin"], "860415")]  # fmt: skip
        wish = {name: told["slip_used"][name] for name in ("dossier_code",)} | {
            "stage": "result", "procedure": "1.001193"}
        ask = [("mot", secret), ("nam", secret), ("sau", secret[::-1])]
        gave["slips"] = [_wish(address, wish, key, bearer) for key, bearer in ask]
        gave["tapped"] = installation.rate_on_tablet(Browser(address), 5, ["manner"], NEW_WORDS)
    gave["slip"] = left.desk.json("kiosk", "slip", "--stage", "result")


def _wish(address: str, wish: dict[str, str], key: str, secret: str) -> Reply:
    return Browser(address).ask("POST", "/slips", json.dumps(wish).encode(), Authorization=f"Bearer {secret}",
                                Content_Type="application/json", Idempotency_Key=key)  # fmt: skip


def _read(left: Left, address: str) -> None:
    """What is only looked at: tables, papers, the public pages of what was handed out."""
    told, staff, nobody = left.told, Browser(address), Browser(address)
    left.gave["door"] = nobody.open("/")
    installation.sign_in(staff, told["email"], told["password"])
    left.gave["tables"] = {path: staff.ask("GET", path).text for path in told["tables"]}
    left.gave["papers"] = {
        one["file"]: hashlib.sha256(
            staff.ask("GET", f"/reports/{one['code']}/{one['file']}?locale={one['locale']}").body).hexdigest()
        for one in told["reports"]
    }  # fmt: skip
    left.gave["proofs"] = {one["code"]: nobody.open(f"/v/{one['code']}") for one in told["reports"]}
    left.gave["no proof"] = nobody.open("/v/0000-0000-0000")
    left.gave["codes"] = {code: nobody.open(f"/c/{code}") for code in told["follow_up"]}
    left.gave["no code"] = nobody.open("/c/000000000000")
    left.gave["link"] = nobody.open(told["staff_link"])
    api = told["api"]
    left.gave["announced"] = nobody.ask("POST", "/api/v1/slips", json.dumps(api["wish"]).encode(), Idempotency_Key="ba",
                                        Authorization=f"Bearer {api['key']}", Content_Type="application/json")


def _phones(left: Left, address: str) -> None:
    """Slips of before and of now, those that the centre has never heard of among them. From the second of them on the
    province promises replies."""
    told, gave = left.told, left.gave
    own = Browser(address, told["phone_cookies"])
    gave["own answer"] = own.open(f"/r/{told['slip_used']['token']}"), own.path
    new = gave["new codes"] = {}
    for name in ("slip_waiting", "slip_unsent", "slip_offline"):
        new[name] = installation.answer_on_phone(Browser(address), f"/r/{told[name]['token']}", 4, comment=NEW_WORDS)
        left.given.append(name)
        if name == "slip_waiting":
            left.centre.run("admin", "follow-up", "on")
    phone = Browser(address)
    phone.open("/m")
    phone.send("/m", code=told["slip_code_waiting"]["code"])
    new["slip_code_waiting"] = installation.answer_on_phone(phone, phone.path, 4)
    new["slip"] = installation.answer_on_phone(Browser(address), f"/r/{gave['slip']['token']}", 5)
    gave["looked up"] = {code: Browser(address).open(f"/c/{code}").status for code in new.values() if code}
    left.given += ["slip_code_waiting", "slip"]
    for name in ("slip_used", "slip_typed", *left.given):
        token = (told.get(name) or gave[name])["token"]
        gave[f"second {name}"] = Browser(address).open(f"/r/{token}").status


def _address_of_the_centre(desk: Path, address: str) -> None:
    """The centre of the test answers at another port than that of the store."""
    with closing(sqlite3.connect(desk / "kiosk.sqlite")) as own:
        changed = own.execute("UPDATE desk_state SET value = ? WHERE name = 'centre_url'", (address,)).rowcount
        own.commit()
    assert changed == 1


def _batch_again(left: Left, address: str) -> Reply:
    batch = left.told["batch"]
    headers = {name.replace("-", "_"): value for name, value in batch["headers"].items() if name != "Content-Length"}
    before = installation.read_entries(left.centre.folder / "admin.sqlite")
    reply = Browser(address).ask("POST", "/api/v1/sync", base64.b64decode(batch["body"]), **headers)
    assert installation.read_entries(left.centre.folder / "admin.sqlite") == before
    return reply


def test_what_was_said_of_the_figures_is_said_again(left: Left) -> None:
    for kind in ("index", "index_all"):
        gave = {asked: dict(left.gave[f"{kind} {asked}"]) for asked in left.told[kind]}
        for asked, document in gave.items():  # what came in is told since then
            document.pop("as_of")
            came, told = document.pop("received"), left.told[kind][asked]["by_outcome"]
            assert came is None or told is None or came["counted_as"]["index"] in (None, told["counted"])
        assert gave == {asked: to_present_figures(document) for asked, document in left.told[kind].items()}
    now = {path: drop_running_counts(text) for path, text in left.gave["tables"].items()}
    assert now == {path: to_present_words(text) for path, text in left.told["tables"].items()}
    running = {path for path, text in left.gave["tables"].items() if text != now[path]}
    assert running == {"/agencies.csv?period=2026-10", "/agencies/TX-B.csv?period=2026-10",
                       "/overview.csv?period=2026-10"}  # fmt: skip
    assert left.gave["recount after"]["changed"] == 0


def test_reports_are_drawn_to_the_same_bytes_in_both_languages(left: Left) -> None:
    """The province's files were taken away; command and page draw from the frozen figures."""
    told = left.told["reports"]
    assert {one["locale"] for one in told} == {"vi", "en"} and {one["revision"] for one in told} == {1, 2}
    assert left.gave["papers"] == {one["file"]: one["pdf_sha"] for one in told}
    assert {one["locale"] for one in _province(left.told)} == {"vi", "en"}
    for one in _province(left.told):
        again = left.gave[f"report {one['file']}"]
        assert not again["new"]
        assert {name: again[name] for name in ("code", "sha", "revision", "n", "index")} == {
            name: one[name] for name in ("code", "sha", "revision", "n", "index")}  # fmt: skip
        assert installation.hash_file(Path(again["pdf"])) == one["pdf_sha"]
    stored = installation.query_store(left.centre.folder / "admin.sqlite", "SELECT code, sha FROM report")
    assert dict(stored) == left.told["figures"]


def test_a_preview_was_never_issued_and_is_drawn_in_todays_form(left: Left) -> None:
    for one in left.told["previews"]:
        asked, text = f"{one['agency']} {one['period']}", words_of(left.gave[f"preview {_stem(one)}"])
        told = (left.told["index"] | left.told["index_all"])[asked]
        assert {"vi": "chưa ban hành", "en": "Preview, not issued"}[one["locale"]] in text
        assert {"vi": "Kỳ báo cáo: từ ngày", "en": "Reporting period: from"}[one["locale"]] in text
        assert str(told["n"]) in text


def test_every_entry_is_the_same_bytes_in_the_same_chain(left: Left) -> None:
    told = left.told["verify"]
    since: dict[str, Any] = {"unrecorded": [], "unconfirmed": [], "disputed": None, "after_end": []}  # none is found
    ledgers = [one | since for one in told["ledgers"]]
    assert left.gave["verify"] == told | {"ledgers": ledgers}
    after = left.gave["verify after"]
    assert after["ok"]
    assert {one["device"] for one in after["ledgers"]} == {one["device"] for one in left.told["verify"]["ledgers"]}
    for part, store in (("centre", "admin.sqlite"), ("desk", "kiosk.sqlite")):
        now = installation.read_entries(left.desk.folder.parent / part / store)
        assert left.told[part]["entries"].items() <= now.items()
        assert len(now) > len(left.told[part]["entries"])


def test_the_open_rating_is_sealed_as_it_stood(left: Left) -> None:
    assert left.told["desk_status"]["open"] == 1 and left.gave["open left"] == 0
    store, id = left.centre.folder / "admin.sqlite", left.told["open"]
    asked = "SELECT state, outcome, score, topics FROM response WHERE id = ?"
    assert [(*row[:3], json.loads(row[3])) for row in installation.query_store(store, asked, id)] == [
        ("partial", "counted", 2, ["wait"])
    ]
    assert installation.query_store(store, "SELECT value FROM sidecar WHERE id = ? AND kind = 'c'", id) == [
        (left.told["words"],)
    ]


def test_what_waited_and_what_was_tapped_since_arrives_once(left: Left) -> None:
    """The stick carried the four that waited; the network brings them again, with the open one and the new tap."""
    told, gave = left.told, left.gave
    assert (told["desk_status"]["waiting"], len(told["waiting"])) == (4, 4)
    assert (gave["stick"]["state"], gave["stick"]["device"]) == ("ok", told["device"]) and gave["stick"]["accepted"] > 0
    first, second = gave["sync"]
    assert (first["state"], first["sent"], first["waiting"]) == ("ok", 6, 0)
    assert (second["state"], second["sent"], second["waiting"]) == ("ok", 0, 0)
    store = left.centre.folder / "admin.sqlite"
    for id in (*told["waiting"], told["open"], gave["tapped"]):
        assert installation.query_store(store, "SELECT count(*) FROM entry WHERE typ = 'rating' AND rid = ?", id) == [
            (1,)
        ]
    assert installation.query_store(store, "SELECT value FROM sidecar WHERE id = ? AND kind = 'c'", gave["tapped"]) == [
        (NEW_WORDS,)
    ]
    ours = installation.read_entries(left.desk.folder / "kiosk.sqlite")
    theirs = {place: one for place, one in gave["entries after"].items() if place.startswith(f"{told['device']}/")}
    assert theirs.items() <= ours.items() and len(theirs) >= len(told["desk"]["entries"]) + 2


def test_the_index_grew_by_exactly_what_came(left: Left) -> None:
    ward = f"{left.told['agencies'][1]} {left.told['month']}"
    came = 4 + 1 + 1 + len(left.given)
    assert left.gave["index after"]["n"] == left.told["index_all"][ward]["n"] + came
    assert set(left.gave["index after"]) - {"received", "as_of"} == set(left.told["index_all"][ward])


def test_slips_open_once_whoever_made_them_and_when(left: Left) -> None:
    assert len(left.given) == 5
    seconds = {name: left.gave[f"second {name}"] for name in ("slip_used", "slip_typed", *left.given)}
    assert set(seconds.values()) == {409}, seconds
    reply, path = left.gave["own answer"]
    assert reply.status == 200 and path.startswith("/r/") and "/mine" in reply.text  # it is known again, and asked
    assert len(installation.query_store(left.centre.folder / "admin.sqlite", "SELECT * FROM spent_slip")) == (
        left.told["centre"]["counts"]["spent_slip"] + len(left.given))  # fmt: skip


def test_the_one_stop_software_s_secrets_are_still_good(left: Left) -> None:
    again, new, wrong = left.gave["slips"]
    assert (again.status, new.status, wrong.status) == (200, 201, 401)
    assert json.loads(again.body)["token"] == left.told["slip_used"]["token"] != json.loads(new.body)["token"]
    assert json.loads(new.body)["tied"]
    announced = left.gave["announced"]
    assert (announced.status, json.loads(announced.body)) == (201, left.told["api"]["reply"])
    assert announced.headers.get("Idempotent-Replayed") == "true"


def test_doors_open_to_the_old_pin_password_and_link(left: Left) -> None:
    assert left.gave["doors"] == [True, False, True, False]
    assert "/sign-in" in left.gave["door"].text and left.gave["door"].status == 200
    assert left.gave["link"].status == 200 and 'name="password"' in left.gave["link"].text


def test_printed_papers_and_codes_are_still_known(left: Left) -> None:
    for one in left.told["reports"]:
        page = left.gave["proofs"][one["code"]]
        assert page.status == 200 and one["code"] in page.text
    assert len(left.gave["codes"]) == 3 and {page.status for page in left.gave["codes"].values()} == {200}
    assert (left.gave["no proof"].status, left.gave["no code"].status) == (404, 404)


def test_new_codes_are_given_only_once_the_province_promises_replies(left: Left) -> None:
    """The codes of before were looked up while it did not yet."""
    new = left.gave["new codes"]
    assert [name for name, code in new.items() if not code] == ["slip_waiting"] and set(new) == set(left.given)
    looked_up = left.gave["looked up"]
    assert len(looked_up) == 4 and set(looked_up.values()) == {200} and not looked_up.keys() & left.gave["codes"].keys()


def test_the_bytes_of_an_old_batch_are_acknowledged_as_already_there(left: Left) -> None:
    reply = left.gave["batch again"]
    assert reply.status == 200 and left.told["batch"]["inflated"] > 30
    line = json.loads(reply.body.split(b"\n")[0])
    last = max(int(place.rpartition("/")[2]) for place in left.gave["entries after"]
               if place.startswith(f"{left.told['device']}/"))  # fmt: skip
    assert (line["typ"], line["dev"], line["seq"]) == ("rcpt", left.told["device"], last)


def test_the_instance_folders_hold_the_same_files_and_tables(left: Left) -> None:
    drawn = {f"slips/{Path(left.gave['slip'][kind]).name}" for kind in ("png", "svg")}
    kept = {"kiosk.copy", "kiosk.sending"}  # the desk's spare copy and its sender's sign of life came since
    for part, store, new in (("centre", "admin.sqlite", set()), ("desk", "kiosk.sqlite", drawn | kept)):
        folder, told = left.desk.folder.parent / part, left.told[part]
        open_store = {f"{store}-wal", f"{store}-shm"}  # there or not, as the last process ended
        assert set(installation.list_files(folder)) - open_store == (set(told["files"]) | new) - open_store
        wanted = dict(told["columns"])
        if part == "centre":  # what versions since then brought
            wanted["device"] = [*wanted["device"], "foreign_ms BIGINT", "number INTEGER", "lost_ms BIGINT"]
            wanted["staff"] = [*wanted["staff"], "disabled_ms BIGINT"]
            wanted.pop("wrong_tries", None)
            wanted |= {"sidecar": [*wanted["sidecar"], "device_id VARCHAR(24) NOT NULL"]}
            wanted |= {"epoch": [*wanted["epoch"], "desk_code VARCHAR(40)", "agency_key VARCHAR(40)",
                                 "first_rules_seq INTEGER NOT NULL"]}  # fmt: skip
            wanted |= {"response": [*wanted["response"], "rule INTEGER NOT NULL", "ignored JSON",
                                    "joined JSON"]}  # fmt: skip
            wanted |= {"dossier_key": [*wanted["dossier_key"], "shared BOOLEAN NOT NULL"]}
            wanted["printed_slip"] = [*wanted["printed_slip"], "counted_ms BIGINT"]
            wanted["spent_slip"] = [*wanted["spent_slip"], "seq INTEGER", "minute BIGINT", "recorded BOOLEAN"]
            wanted["api_key"] = [*wanted["api_key"], "deciders JSON"]
            wanted |= NEW_TABLES
            wanted["follow_up"] = [*wanted["follow_up"], "device_id VARCHAR(24) NOT NULL"]
        else:
            wanted |= {"draft": [*wanted["draft"], "closed JSON"]}
            wanted |= {"receipt": [*wanted["receipt"], "day VARCHAR(10) NOT NULL", "undone BOOLEAN NOT NULL",
                                   "boot INTEGER", "mono BIGINT"]}  # fmt: skip
        assert installation.list_columns(folder / store) == wanted
