"""An installed Hài Lòng as its users meet it: its command, its two servers, a browser without script.

Nothing of the project is imported: whatever version stands behind the command is asked through its processes and its
HTTP alone, and its stores are read with the standard library.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Installation:
    """An instance folder (a centre's or a desk's), and the version whose commands work in it: this checkout's, or the
    one whose programs lie in the folder `version`."""

    folder: Path
    version: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "", code: int = 0) -> str:
        """Run `hailong …`; returns its standard output. Fails when it ends otherwise than with `code`."""
        done = subprocess.run(self._hailong(*arguments), input=stdin, capture_output=True, text=True,
                              encoding="utf-8", env=self._environment, timeout=120)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The one JSON document that `hailong … --json` prints."""
        return json.loads(self.run(*arguments, "--json"))

    @contextmanager
    def serving(self, part: str, end: int = signal.SIGTERM) -> Iterator[str]:
        """`hailong admin serve` or `kiosk serve`, ended with the signal `end`; the address at which it answers."""
        port = free_port()
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(self._hailong(part, "serve", "--port", str(port)), env=self._environment,
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                until = time.monotonic() + 60
                while not answers(port):
                    if server.poll() is not None or time.monotonic() > until:
                        log.seek(0)
                        raise AssertionError(f"{part} serve does not answer: {log.read().decode(errors='replace')}")
                    time.sleep(0.05)
                yield f"http://127.0.0.1:{port}"
            finally:
                server.send_signal(end)
                server.wait(30)

    def _hailong(self, *arguments: str) -> list[str]:
        if self.version is None:
            return [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", *arguments]
        return [str(self.version / "hailong"), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        own = {"HAILONG_INSTANCE": str(self.folder), "PYTHONUTF8": "1", **self.environment}
        return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | own


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether a server of ours is up at this port."""
    try:
        return Browser(f"http://127.0.0.1:{port}").ask("GET", "/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


@dataclass
class Form:
    """A form of a page: where it is sent to, and what stands in it unseen."""

    action: str
    hidden: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = given.get("method", "").lower() == "post"
            if self._within:
                self.found.append(Form(given.get("action", ""), {}))
        elif tag == "input" and given.get("type") == "hidden" and self._within:
            self.found[-1].hidden[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False


class Browser:
    """A browser without script at one server: it keeps cookies, follows redirects, sends the forms of the page."""

    def __init__(self, base: str, cookies: dict[str, str] | None = None) -> None:
        self.base, self.cookies, self.path = base, dict(cookies or {}), "/"
        self.reply = Reply(0, {}, b"")

    @property
    def page(self) -> str:
        """The page shown now."""
        return self.reply.text

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request, nothing followed. Names of `headers` are written with _ for -."""
        where = urllib.parse.urlsplit(self.base)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)) as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Reply(answer.status, dict(answer.headers.items()), answer.read())

    def open(self, path: str) -> Reply:
        """Open a page, and wherever it leads."""
        return self._follow(path, self.ask("GET", path))

    def send(self, at: str = "", to: str = "", **fields: str | Sequence[str]) -> Reply:
        """Send a form of the page (the first whose address holds `at`) with `fields`; `to`: the button's own address.
        Follows to what comes next."""
        form = next(form for form in _Forms(self.page).found if at in form.action)
        path = urllib.parse.urljoin(self.path, to or form.action)
        body = urllib.parse.urlencode({**form.hidden, **fields}, doseq=True).encode()
        return self._follow(path, self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded"))

    def hidden(self, at: str = "") -> dict[str, str]:
        """What stands unseen in a form of the page."""
        return next(form.hidden for form in _Forms(self.page).found if at in form.action)

    def _follow(self, path: str, reply: Reply) -> Reply:
        while reply.status in (302, 303):
            path = urllib.parse.urljoin(path, reply.headers["Location"])
            reply = self.ask("GET", path)
        self.path, self.reply = path, reply
        return reply


def tap(tablet: Browser, score: int) -> str:
    """A citizen touches a face; returns the response's id. The draft stays open."""
    tablet.open("/")
    id = tablet.hidden("/rate")["id"]
    tablet.send("/rate", score=str(score))
    assert tablet.path.startswith(f"/rate/{id}/topics"), (tablet.path, tablet.reply.status)
    return id


def rate(tablet: Browser, score: int, topics: Sequence[str] = (), words: str = "", factors: Sequence[int] = ()) -> str:
    """A citizen at the tablet from the face to the thanks; returns the response's id. Further questions that `factors`
    does not answer end it."""
    id = tap(tablet, score)
    if words:
        tablet.send(act="write")
        tablet.send(text=words, act="keep")
    tablet.send("topics", act="send", topic=topics)
    given = list(factors)
    while "/factor/" in tablet.path:
        if given:
            tablet.send("/factor/", score=str(given.pop(0)))
        else:
            tablet.send("/factor/", act="skip")
    assert "thanks" in tablet.path, (tablet.path, tablet.page)
    return id


def follow_up_code(page: str) -> str:
    """The follow-up code on a page of thanks."""
    found = re.search(r'class="(?:number|letters)"[^>]*>(?:<span[^>]*>)?([0-9A-Z ]+)<', page)
    assert found, page
    return found[1].replace(" ", "")


def answer(phone: Browser, address: str, score: int, **more: str | Sequence[str]) -> str:
    """Somebody answers on a phone, from the face to the thanks; `more` goes to the pages that ask for it. Returns the
    follow-up code."""
    assert phone.open(address).status == 200, (phone.path, phone.page)
    phone.send(score=str(score))
    while _Forms(phone.page).found:
        assert phone.reply.status == 200, (phone.path, phone.page)
        phone.send(act="send", **{name: value for name, value in more.items() if f'name="{name}"' in phone.page})
    return follow_up_code(phone.page)


def sign_in(staff: Browser, email: str, password: str) -> None:
    """Sign in at the centre."""
    staff.open("/sign-in")
    staff.send("/sign-in", email=email, password=password)
    assert staff.reply.status == 200 and "/sign-in" not in staff.path, (staff.path, staff.page)


def enter_pin(desk: Browser, door: str, pin: str) -> bool:
    """Type the staff PIN at `/staff` or `/officer`; whether it opened."""
    desk.open(door)
    desk.send(f"{door}/pin", pin=pin, key="open")
    return "keypad" not in desk.page and desk.reply.status == 200


def rows(store: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """What a SQLite store answers; nothing is written."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as own:
        return own.execute(question, values).fetchall()


def entries(store: Path) -> dict[str, str]:
    """Every entry of a store's ledgers: `device/epoch/seq` → the SHA-256 of its bytes, its hash in the chain behind."""
    found = rows(store, "SELECT device, epoch, seq, bytes, h FROM entry ORDER BY device, epoch, seq")
    return {f"{dev}/{ep}/{seq}": f"{hashlib.sha256(raw).hexdigest()} {h}" for dev, ep, seq, raw, h in found}


def counts(store: Path) -> dict[str, int]:
    """How many rows each table holds."""
    return {name: int(rows(store, f'SELECT count(*) FROM "{name}"')[0][0]) for name in columns(store)}


def columns(store: Path) -> Columns:
    """The tables of a store with their columns, as `name type`."""
    names = [name for (name,) in rows(store, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {
        name: [f"{column[1]} {column[2]}{' NOT NULL' if column[3] else ''}"
               for column in rows(store, f'PRAGMA table_info("{name}")')]
        for name in names if not name.startswith("sqlite_")
    }  # fmt: skip


def files(folder: Path) -> list[str]:
    """The files of an instance folder, by their names in it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def sha(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
