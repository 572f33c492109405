"""The centre as an application over a small province with thirteen months of tallies, and people of every role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin import create_app
from admin.auth import accounts, passwords, sessions
from admin.settings import Settings
from models.clock import HCM, Moment
from models.database import Database
from models.tables.agency import Agency, Desk, DossierMonth
from models.tables.devices import Device
from models.tables.staff import StoreMark
from tests import tally_rows
from tests.stores import begun

PASSWORD = "ba con trâu gặm cỏ"
HASH = passwords.hash_of(PASSWORD)
#: 21 November 2026, 09:00 in Asia/Ho_Chi_Minh: October is the last complete month.
NOW = int(datetime(2026, 11, 21, 9, tzinfo=HCM).timestamp() * 1000)

#: Everybody who works here: address, role, agency. The ward's people may not see the department's page.
PEOPLE = {
    "province@nb.vn": ("province", "NB"),
    "auditor@nb.vn": ("auditor", "NB"),
    "editor@nb.vn": ("editor", "NB"),
    "ward@nb.vn": ("agency", "HL"),
    "desk@nb.vn": ("desk", "HL"),
    "finance@nb.vn": ("agency", "STC"),
}


@dataclass
class Scene:
    """The application with its store; `now_ms` is its clock and may be moved."""

    app: Flask
    database: Database
    now_ms: int = NOW

    def client(self, email: str | None = None) -> FlaskClient:
        """A browser, signed in as this person if one is named."""
        client = self.app.test_client()
        if email is not None:
            with self.database.write() as session:
                secret = sessions.start(session, email, self.now_ms)
            client.set_cookie("hailong_admin", secret)
        return client

    def get(self, path: str, email: str | None = "province@nb.vn") -> TestResponse:
        """One page as this person sees it."""
        return self.client(email).get(path)

    def text(self, path: str, email: str | None = "province@nb.vn") -> str:
        """The words of a page that must open."""
        response = self.get(path, email)
        assert response.status_code == 200, (path, response.status_code, response.text[:300])
        return response.text


def token(client: FlaskClient, path: str = "/sign-in") -> str:
    """The token of the forms on a page."""
    page = client.get(path, follow_redirects=True).text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


@contextmanager
def opened(folder: Path, *, public_url: str = "http://127.0.0.1:8000", filled: bool = True) -> Iterator[Scene]:
    """A centre of its own in `folder`, with or without figures."""
    begun(f"sqlite:///{folder / 'admin.sqlite'}", _fill if filled else _staff).close()
    settings = Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}", public_url=public_url, target="90")
    app = create_app(settings)
    app.config["TESTING"] = True
    scene = Scene(app, app.extensions["database"])
    app.extensions["clock"] = lambda: Moment(scene.now_ms, scene.now_ms)
    yield scene
    scene.database.close()


def _staff(session: Session) -> None:
    tally_rows.province(session)
    for email, (role, agency) in PEOPLE.items():
        accounts.use_link(session, accounts.add(session, email, role, agency, NOW), HASH, NOW)


def _fill(session: Session) -> None:
    """SNV has plenty, STC fell beyond chance, HL is small, YM has 3 in October; all of it invented."""
    _staff(session)
    months = ["2025-10", "2025-11", "2025-12", *(f"2026-{number:02d}" for number in range(1, 11))]
    for place, month in enumerate(months):
        tally_rows.answered(session, "SNV", (2, 4, 6, 60, 40 + place), month=month, procedure="1.000001")
        fell = (30, 30, 10, 40, 20) if month == "2026-10" else (2, 4, 9, 70, 45)
        tally_rows.answered(session, "STC", fell, month=month, procedure="1.000002")
        tally_rows.answered(session, "HL", (0, 1, 1, 6, 5), month=month, procedure="1.000003", channel="qr")
    tally_rows.answered(session, "SNV", (1, 2, 3, 30, 21), channel="qr")
    for item, counts in (("A", (1, 1, 4, 40, 30)), ("B", (3, 6, 9, 40, 20)), ("C", (0, 0, 0, 3, 4))):
        tally_rows.answered(session, "SNV", counts, item=item)
    tally_rows.answered(session, "YM", (0, 0, 0, 2, 1))
    # a second small one: alone, YM could be found by subtraction, and something else had to be withheld for it
    session.add(Agency(key="KS", parent_key="NB", kind="commune", name_vi="Xã Kim Sơn", name_en="Kim Son Commune",
                       valid_from="2025-07-01"))  # fmt: skip
    session.flush()
    tally_rows.answered(session, "KS", (0, 0, 1, 1, 0))
    session.add(DossierMonth(agency_key="SNV", month="2026-10", received=1000, closed=900, overdue=20))
    session.add(Desk(code="SNV-Q1", agency_key="SNV", name_vi="Quầy 1"))
    session.add(Desk(code="HL-Q1", agency_key="HL", name_vi="Quầy 1"))
    session.flush()
    devices = (("d-0001", "SNV-Q1", NOW - 60_000, 0), ("d-0002", "HL-Q1", NOW - 3 * 86_400_000, 5))
    for id, desk, seen, backlog in devices:
        session.add(Device(id=id, desk_code=desk, state="active", last_seen_ms=seen, backlog=backlog, created_ms=1))
    session.add(StoreMark(name="practice", value="{}"))
