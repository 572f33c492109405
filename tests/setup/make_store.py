"""The maker of a kept store: `python -m tests.setup.make_store HAILONG [NAME]`, run by hand.

HAILONG is the command of an installed version (`…/.venv/bin/hailong`). Its own commands, servers and pages make a
province with a desk in the middle of a morning; both instance folders become `stores/NAME.tar.xz`, and
`stores/NAME.json` says what is in them and what that version said about it. `test_upgrade.py` lets today's version go
on from there. NAME is the day it was made, if none is given; a new one beside the old ones is tested like them.
"""

from __future__ import annotations

import base64
import csv
import datetime
import gzip
import hashlib
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.clock_seam import machine_seconds
from tests.fixtures.installation import (
    Browser,
    Installation,
    answer_on_phone,
    count_rows,
    enter_pin,
    hash_file,
    list_columns,
    list_files,
    query_store,
    rate_on_tablet,
    read_entries,
    sign_in,
    tap_face,
)

STORES = Path(__file__).parent / "stores"
HCM = datetime.timezone(datetime.timedelta(hours=7))
PUBLIC = "http://hailong.example"
PROVINCE, WARD, OTHER, DESK = "TX", "TX-A", "TX-B", "TX-A-Q1"
BIRTH, MARRIAGE = "1.001193", "1.000894"
EMAIL, PASSWORD = "nguoi.thu@hailong.example", "buoi sang o quay mot"
WORDS = "Chờ hơi lâu, gọi 0912 345 678 giúp"


class Relay:
    """A line to the centre that keeps what devices send over it, as it was sent."""

    def __init__(self) -> None:
        self.target, self.kept = "", list[tuple[str, dict[str, str], bytes]]()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                relay.kept.append((self.path, dict(self.headers.items()), body))
                sent = {name.replace("-", "_"): value for name, value in self.headers.items()
                        if name.lower().startswith("content-") and name.lower() != "content-length"}
                reply = Browser(relay.target).ask("POST", self.path, body, **sent)
                self.send_response(reply.status)
                for name in ("Content-Type", "Retry-After"):
                    if name in reply.headers:
                        self.send_header(name, reply.headers[name])
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the desk finds the centre."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def largest(self, path: str) -> tuple[dict[str, str], bytes]:
        """Of what was sent to `path` that with the most in it: its headers and its bytes."""
        return max(((headers, body) for to, headers, body in self.kept if to == path), key=lambda one: len(one[1]))

    def cut(self) -> None:
        """No network any more."""
        self._server.shutdown()
        self._server.server_close()


def make(version: Path, name: str = "") -> Path:
    """Make a store with the programs in the folder `version` (`…/.venv/bin`); returns its archive."""
    now = datetime.datetime.fromtimestamp(machine_seconds(), HCM)
    with tempfile.TemporaryDirectory() as folder:
        centre, desk = (Installation(Path(folder) / part, version) for part in ("centre", "desk"))
        told = _live(centre, desk, Path(folder), now)
        told["made_ms"] = int(machine_seconds() * 1000)
        archive = STORES / f"{name or now.strftime('%Y-%m-%d')}.tar.xz"
        with tarfile.open(archive, "w:xz", preset=9) as out:
            for part in ("centre", "desk", "stick"):
                out.add(Path(folder) / part, part, filter=nobody)
    archive.with_suffix("").with_suffix(".json").write_text(
        json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return archive


def nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _live(centre: Installation, desk: Installation, folder: Path, now: datetime.datetime) -> dict[str, Any]:
    """A province's first weeks. Returns what the version itself said about it."""
    past = (now.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")
    month, quarter = now.strftime("%Y-%m"), f"{now.year}-Q{(now.month + 2) // 3}"
    told: dict[str, Any] = {
        "about": "A store that an earlier version made, see make_store.py. All keys, secrets, codes and people in it "
                 "were invented for this test and open nothing else.",
        "past": past, "month": month, "agencies": [PROVINCE, WARD, OTHER], "desk": DESK, "public_url": PUBLIC,
        "email": EMAIL, "password": PASSWORD, "words": "Chờ hơi lâu, gọi ••• giúp",
    }  # fmt: skip
    found_province(centre, folder, told)
    seen: dict[str, set[str]] = {"centre": set(), "desk": set()}

    def look() -> None:
        for place in (centre, desk):
            seen[place.folder.name] |= set(list_files(place.folder))

    relay = Relay()
    with centre.serving("admin") as address:
        relay.target = address
        code = centre.json("admin", "devices", "enrol", DESK)["code"]
        paired = desk.json("kiosk", "enrol", relay.url, code)
        told |= {"device": paired["device"], "pin": "274951"}
        desk.run("kiosk", "pin", "--pin-stdin", stdin=f"{told['pin']}\n")
        desk.run("kiosk", "sync", "--once")
        slips = _a_morning(desk, told, look)
        desk.run("kiosk", "sync", "--once")
        headers, body = relay.largest("/api/v1/sync")
        told["batch"] = {
            "headers": {name: value for name, value in headers.items() if name.startswith("Content-")},
            "body": base64.b64encode(body).decode(),
            "inflated": len(gzip.decompress(body).split(b"\n")),
        }
        _phones(address, slips, told)
        _key(centre, address, told)
        look()
        _papers(centre, folder, past, told)
        relay.cut()
        _no_network(desk, folder, told, look)
    told["desk_status"] = {name: value for name, value in desk.json("kiosk", "status").items()
                           if name in ("device", "open", "waiting", "sent", "chain", "state", "conflicts", "version")}
    _said(centre, folder, [past, month, quarter], told)
    for place in (centre, desk):
        part = "admin" if place is centre else "kiosk"
        store = place.folder / f"{part}.sqlite"
        told[place.folder.name] = {
            "files": list_files(place.folder),
            "while_running": sorted(seen[place.folder.name] - set(list_files(place.folder))),
            "columns": list_columns(store),
            "counts": count_rows(store),
            "entries": read_entries(store),
        }
    return told


def found_province(centre: Installation, folder: Path, told: dict[str, Any]) -> None:
    """Agencies, procedures, a desk with everything on, staff."""
    centre.folder.mkdir()
    (centre.folder / "admin.cfg").write_text(f"[admin]\npublic_url = {PUBLIC}\ntarget = 90\nphone = 1800 0000\n")
    centre.run("admin", "upgrade")
    write_table(folder / "agencies.csv", [
        ("key", "parent", "kind", "name_vi", "name_en", "scheme", "code", "valid_from", "valid_to"),
        (PROVINCE, "", "province", "Tỉnh Thử Xưa", "Thu Xua Province", "", "", "2025-07-01", ""),
        (WARD, PROVINCE, "commune", "UBND phường An Thử", "An Thu Ward", "", "", "2025-07-01", ""),
        (OTHER, PROVINCE, "commune", "UBND xã Bình Thử", "Binh Thu Commune", "", "", "2025-07-01", ""),
    ])  # fmt: skip
    centre.run("admin", "agencies", "import", str(folder / "agencies.csv"))
    write_table(folder / "procedures.csv", [
        ("code", "name_vi", "name_en", "field_vi"),
        (BIRTH, "Đăng ký khai sinh", "Birth registration", "Hộ tịch"),
        (MARRIAGE, "Đăng ký kết hôn", "Marriage registration", "Hộ tịch"),
    ])  # fmt: skip
    centre.run("admin", "procedures", "import", str(folder / "procedures.csv"))
    always = folder / "hours.json"
    always.write_text(json.dumps({"week": {str(day): [["00:00", "23:59"]] for day in range(1, 8)}}))
    centre.run("admin", "desks", "add", WARD, DESK, "Quầy 1", "--name-en", "Desk 1", "--factors")
    centre.run("admin", "desks", "set", DESK, "--typing", "--follow-up", "--hours", str(always))
    centre.run("admin", "follow-up", "on")
    centre.run("admin", "desks", "add", OTHER, "TX-B-Q1", "Quầy 1")
    centre.run("admin", "staff", "add", EMAIL, "--role", "province", "--agency", PROVINCE, "--password-stdin",
               stdin=f"{PASSWORD}\n")
    link = centre.run("admin", "staff", "add", "nguoi.moi@hailong.example", "--role", "agency", "--agency", WARD)
    told["staff_link"] = link.strip().removeprefix(PUBLIC)


def _a_morning(desk: Installation, told: dict[str, Any], look: Callable[[], None]) -> list[dict[str, Any]]:
    """Thirty-two ratings that will be sent, and six slips of all three doors; returns the slips."""
    minted: list[dict[str, Any]] = []
    with desk.serving("kiosk") as address:
        secret = (desk.folder / "kiosk.slips").read_text().strip()
        officer = Browser(address)
        assert enter_pin(officer, "/officer", told["pin"])
        officer.send("/serving", procedure=BIRTH, stage="result", dossier="H42-260901-0007")
        tablet = Browser(address)
        told["follow_up"] = []
        for number, score in enumerate((5, 4, 5, 3, 4, 5, 2, 4) * 4):
            if number % 8 == 3:
                rate_on_tablet(tablet, score, ["wait"], WORDS, factors=[4, 5, 3, 4, 0])
            else:
                rate_on_tablet(tablet, score, ["manner"] * (number % 3 == 0), factors=[5, 4] * (number % 2))
        tablet.send("topics", to=f"/rate/{tap_face(tablet, 4)}/undo")
        tablet.send("/rate", score="3")
        tablet.send("topics", act="skip")
        tablet.open("/")
        tablet.send("/rate", to="/decline")
        for key in ("mot", "hai"):
            wish = {"stage": "result", "procedure": BIRTH, "dossier_code": f"H42-260901-000{len(minted) + 1}"}
            reply = Browser(address).ask(
                "POST", "/slips", json.dumps(wish).encode(), Authorization=f"Bearer {secret}",
                Content_Type="application/json", Idempotency_Key=key,
            )  # fmt: skip
            assert reply.status == 201, reply.text
            minted.append({**wish, **json.loads(reply.body), "key": key})
        officer.open("/officer")
        officer.send("/serving", to="/officer/slip", procedure=MARRIAGE, stage="submission", due="")
        assert officer.path.startswith("/officer/slip/"), officer.page
        look()
    for _ in range(3):
        minted.append(desk.json("kiosk", "slip", "--stage", "submission", "--procedure", BIRTH))
    return [{name: one[name] for name in ("token", "code", "url", "key", "dossier_code", "tied") if name in one}
            for one in minted]  # fmt: skip


def _phones(address: str, slips: list[dict[str, Any]], told: dict[str, Any]) -> None:
    """Of five slips one is answered by QR with words, one by the code under it; the poster is answered too."""
    used, waiting, typed, spare, paper = slips
    phone, other, third = Browser(address), Browser(address), Browser(address)
    code = answer_on_phone(phone, f"/r/{used['token']}", 4, topic=["wait"], comment=WORDS, C="5")
    other.open("/m")
    other.send("/m", code=typed["code"])
    second = answer_on_phone(other, other.path, 5)
    third_code = answer_on_phone(third, f"/d/{DESK}", 3, comment="Bàn viết hơi thấp")
    told |= {
        "slip_used": used, "slip_waiting": waiting, "slip_typed": typed, "slip_code_waiting": spare,
        "slip_offline": paper, "follow_up": [code, second, third_code], "phone_cookies": phone.cookies,
    }  # fmt: skip


def _key(centre: Installation, address: str, told: dict[str, Any]) -> None:
    """Another system announces a slip with its key."""
    key = centre.run("admin", "apikeys", "add", "mot-cua", "--agency", WARD).strip()
    wish = {"agency": WARD, "desk": DESK, "stage": "result", "procedure": BIRTH, "dossier_code": "H42-260901-0009"}
    reply = Browser(address).ask(
        "POST", "/api/v1/slips", json.dumps(wish).encode(), Authorization=f"Bearer {key}",
        Content_Type="application/json", Idempotency_Key="ba",
    )  # fmt: skip
    assert reply.status == 201, reply.text
    told["api"] = {"key": key, "wish": wish, "reply": json.loads(reply.body)}


def _papers(centre: Installation, folder: Path, past: str, told: dict[str, Any]) -> None:
    """Paper forms and dossiers of the month before; its reports, one of them revised."""
    forms = folder / "forms.csv"
    write_table(forms, paper_forms(past, 42, "t"))
    centre.run("admin", "responses", "import", str(forms), "--agency", WARD, "--instrument", "short")
    write_table(folder / "other.csv", paper_forms(past, 33, "k"))
    centre.run("admin", "responses", "import", str(folder / "other.csv"), "--agency", OTHER, "--instrument", "short")
    write_table(folder / "dossiers.csv", [
        ("agency", "month", "stage", "field", "received", "closed", "overdue"),
        (WARD, past, "result", "Hộ tịch", 120, 110, 4), (OTHER, past, "result", "Hộ tịch", 90, 88, 1),
    ])  # fmt: skip
    centre.run("admin", "dossiers", "import", str(folder / "dossiers.csv"))
    told["reports"] = [centre.json("admin", "report", WARD, past)]
    told["reports"].append(centre.json("admin", "report", WARD, past, "--locale", "en"))
    write_table(forms, paper_forms(past, 3, "m"))
    centre.run("admin", "responses", "import", str(forms), "--agency", WARD, "--instrument", "short")
    told["reports"].append(centre.json("admin", "report", WARD, past, "--revise"))
    told["reports"].append(centre.json("admin", "report", PROVINCE, past))
    told["reports"].append(centre.json("admin", "report", PROVINCE, past, "--locale", "en"))
    for one in told["reports"]:
        path = Path(one.pop("pdf"))
        one |= {"file": path.name, "pdf_sha": hash_file(path), "locale": "en" if path.stem.endswith("-en") else "vi"}
        one.pop("new")


def _no_network(desk: Installation, folder: Path, told: dict[str, Any], look: Callable[[], None]) -> None:
    """Four ratings wait, a slip was minted that nobody sent, one rating is open. A stick carries what waits so far."""
    with desk.serving("kiosk") as address:
        tablet = Browser(address)
        told["waiting"] = [rate_on_tablet(tablet, score, ["manner"]) for score in (5, 1, 4)]
        told["waiting"].append(rate_on_tablet(tablet, 2, ["wait"], WORDS))
    told["slip_unsent"] = {name: value for name, value in
                           desk.json("kiosk", "slip", "--stage", "refusal").items() if name in ("token", "code", "url")}
    stick = folder / "stick"
    stick.mkdir()
    desk.run("kiosk", "export", str(stick))
    with desk.serving("kiosk") as address:
        tablet = Browser(address)
        told["open"] = tap_face(tablet, 2)
        tablet.send(act="write")
        tablet.send(text=WORDS, act="keep")
        tablet.send("topics", to=f"/rate/{told['open']}/topics?all=1", act="look", topic=["wait"])
        look()


def _said(centre: Installation, folder: Path, periods: list[str], told: dict[str, Any]) -> None:
    """What the version says of all this: indices, the check of the ledgers, papers of periods that are not over."""
    past, month, quarter = periods
    told["index"] = {f"{PROVINCE} {quarter}": centre.json("admin", "index", PROVINCE, quarter)}
    told["index_all"] = {f"{WARD} {month}": centre.json("admin", "index", WARD, month, "--unsuppressed")}
    told["verify"] = centre.json("admin", "verify")
    told["recount"] = centre.json("admin", "recount")
    assert told["verify"]["ok"] and told["recount"]["changed"] == 0, told
    told["previews"] = []
    for agency, period, locale in ((WARD, month, "vi"), (PROVINCE, quarter, "en")):
        path = folder / "preview.pdf"
        centre.run("admin", "report", agency, period, "--locale", locale, "--preview", "-o", str(path))
        told["previews"].append({"agency": agency, "period": period, "locale": locale, "pdf_sha": hash_file(path)})
    with centre.serving("admin") as address:
        staff = Browser(address)
        sign_in(staff, EMAIL, PASSWORD)
        for one in told["reports"]:
            reply = staff.ask("GET", f"/reports/{one['code']}/{one['file']}?locale={one['locale']}")
            assert hashlib.sha256(reply.body).hexdigest() == one["pdf_sha"], (one, reply.status)
        told["tables"] = {path: staff.ask("GET", path).text for path in (
            f"/overview.csv?period={past}", f"/ranking.csv?period={past}", f"/agencies.csv?period={past}",
            f"/agencies/{OTHER}.csv?period={past}", f"/agencies/{WARD}/slips.csv?period={past}",
            f"/agencies/{WARD}/indicators.csv?period={past}", f"/api/v1/indices.csv?from={past}&to={past}",
        )}  # fmt: skip
    told["figures"] = dict(query_store(centre.folder / "admin.sqlite", "SELECT code, sha FROM report"))


def paper_forms(month: str, count: int, name: str) -> list[tuple[Any, ...]]:
    head = ("id", "answered_at", "overall", "A", "B", "C", "D", "E", "procedure", "stage", "comment")
    return [head, *(
        (f"{name}{n}", f"{month}-{n % 28 + 1:02d}", (5, 4, 4, 3, 5, 2, 4)[n % 7], (5, 4, 3)[n % 3], (4, 4, 5, 2)[n % 4],
         5 - n % 2, 4, "" if n % 5 else 3, (BIRTH, MARRIAGE)[n % 2], "result", "Nhanh" if n % 9 == 0 else "")
        for n in range(count)
    )]  # fmt: skip


def write_table(path: Path, lines: Sequence[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(lines)


if __name__ == "__main__":
    made = make(Path(sys.argv[1]).absolute().parent, *sys.argv[2:3])
    print(made, made.stat().st_size)
