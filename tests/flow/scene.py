"""A centre and a desk for flow tests: real stores, real keys, real HTTP between them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server

import admin
import kiosk
from admin import demo
from admin.devices import enrolment
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import signing_keys
from admin.settings import Settings as CentreSettings
from admin.statistics import queries
from admin.statistics.tallies import recount
from kiosk.settings import Settings as DeskSettings
from kiosk.sync import client
from kiosk.sync import enrolment as desk_enrolment
from kiosk.sync.transport import Answer, HttpTransport, NoAnswer
from models import clock
from models.clock import Moment
from models.database import Database
from models.tables.agency import Desk as DeskRow
from tests.stores import begun

AGENCY = "NB-14701"
DESK = "NB-14701-Q1"


class Centre:
    """A central store with the sample's reference data and one desk, and the app over it."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = CentreSettings(
            instance=folder, database_url=url or f"sqlite:///{(folder / 'admin.sqlite').as_posix()}"
        )
        self.database = begun(self.settings.database_url, _with_a_desk)
        self.keys = signing_keys.load(self.settings)
        self.app = admin.create_app(self.settings)
        self.clock = 0
        self.app.extensions["clock"] = self.now
        self._server: BaseWSGIServer | None = None
        self._port = 0

    def now(self) -> Moment:
        """The centre's clock, `clock` ms ahead of this machine's."""
        moment = clock.now()
        return Moment(moment.t + self.clock, moment.mono)

    def start(self) -> str:
        """Serve over HTTP; returns the address (the same at every start)."""
        self._server = make_server("127.0.0.1", self._port, self.app, threaded=True)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self.url

    @property
    def url(self) -> str:
        """Where it serves, or served."""
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Stop serving; the port is closed."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def code(self, desk: str = DESK, *, approved: bool = True) -> str:
        """A pairing code for a desk."""
        with self.database.write() as session:
            return enrolment.offer(session, desk, self.now().t, approved=approved)[1]

    def index(self, agency: str = AGENCY, *, unsuppressed: bool = True) -> dict[str, object]:
        """The index document of an agency for the present month."""
        month = clock.local_day(clock.now().t)[:7]
        with self.database.write() as session:
            recount.freshen(session)
        with self.database.read() as session:
            return queries.index_document(session, agency, month, unsuppressed=unsuppressed)

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self.database.close()
        self.app.extensions["database"].close()


def _with_a_desk(session: Session) -> None:
    store.load(session)
    agencies.import_agencies(session, demo.AGENCIES)
    procedures.import_procedures(session, demo.PROCEDURES)
    session.add(DeskRow(code=DESK, agency_key=AGENCY, name_vi="Quầy 1", name_en="Desk 1"))


class Desk:
    """A desk of its own: store, app without a browser, and a clock that can be moved."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = DeskSettings(folder)
        self.app = kiosk.create_app(self.settings)
        self.database: Database = self.app.extensions["database"]
        self.client = self.app.test_client()
        self.ahead = 0
        self.app.extensions["clock"] = self.now

    def now(self) -> Moment:
        """The desk's clocks; `ahead` ms pass when a test says so."""
        moment = clock.now()
        return Moment(moment.t + self.ahead, moment.mono + self.ahead)

    def pair(self, centre: Centre) -> None:
        """Pair with a serving centre."""
        desk_enrolment.enrol(
            self.database, HttpTransport(centre.url), centre.url, centre.code(), self.now(), self.settings
        )

    def fields(self, page: str) -> dict[str, str]:
        """The hidden fields of the first form of a page."""
        form = page[page.index("<form") : page.index("</form>")]
        return dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*type="hidden"[^>]*value="([^"]*)"', form)) or {
            name: value
            for tag in re.findall(r"<input[^>]*>", form)
            if (name := _attribute(tag, "name")) and (value := _attribute(tag, "value")) is not None
        }

    def tap(self, score: int) -> str:
        """One citizen: a fresh page, one tap; returns the response id."""
        fields = self.fields(self.client.get("/").get_data(as_text=True))
        answer = self.client.post("/rate", data={**fields, "score": score})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return fields["id"]

    def finish(self, id: str, *topics: str, act: str = "send") -> None:
        """Send what was added."""
        page = self.client.get(f"/rate/{id}/topics").get_data(as_text=True)
        form = page[page.index('action="/rate/' + id + "/topics") :]
        seal = re.search(r'name="seal"[^>]*value="([^"]+)"', form) or re.search(
            r'value="([^"]+)"[^>]*name="seal"', form
        )
        assert seal
        data = {"id": id, "seal": seal[1], "topic": list(topics), "act": act}
        assert self.client.post(f"/rate/{id}/topics", data=data).status_code == 303

    def rate(self, score: int, *topics: str) -> str:
        """One citizen who taps and sends."""
        id = self.tap(score)
        self.finish(id, *topics)
        return id

    def sync(self, transport: object | None = None, url: str = "") -> client.Outcome:
        """One run of sync over the real network or a given transport."""
        return client.sync_once(
            self.database,
            transport or HttpTransport(url),
            self.now,
            self.settings,  # type: ignore[arg-type]
        )

    def close(self) -> None:
        """Give the store back."""
        self.database.close()


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else None


class Trouble:
    """A network that loses, repeats and cuts, in front of a real one. `script` is read one word a request: `ok`,
    `lost` (never arrives), `deaf` (arrives, the reply is lost), `twice`, `cut` (half the body arrives), `portal`."""

    def __init__(self, url: str, script: Iterator[str]) -> None:
        self._real = HttpTransport(url)
        self._script = script
        self.sent = 0

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send, as the script says."""
        self.sent += 1
        match next(self._script, "ok"):
            case "lost":
                raise NoAnswer("lost")
            case "deaf":
                self._real.post(path, body, headers)
                raise NoAnswer("deaf")
            case "twice":
                self._real.post(path, body, headers)
                return self._real.post(path, body, headers)
            case "cut":
                return self._real.post(path, body[: len(body) // 2], headers)
            case "portal":
                return Answer(200, b"<html>Welcome to the hotel</html>")
            case _:
                return self._real.post(path, body, headers)


@contextmanager
def paired(folder: Path, url: str | None = None) -> Iterator[tuple[Centre, Desk]]:
    """A serving centre and a desk paired with it."""
    centre = Centre(folder / "centre", url)
    desk = Desk(folder / "desk")
    centre.start()
    try:
        desk.pair(centre)
        yield centre, desk
    finally:
        centre.close()
        desk.close()
