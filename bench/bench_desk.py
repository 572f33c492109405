"""The place of the bench: a folder on the instance's disk, with a desk paired with a centre in it.

The disk matters (a tap is durable when the disk says so), therefore not the system's temporary folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import admin
import kiosk
from admin import demo
from admin.devices import pairing
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import centre_key_register
from admin.settings import Settings as CentreSettings
from admin.settings import instance_folder
from kiosk.settings import Settings as DeskSettings
from kiosk.sync import enrolment
from kiosk.sync.transport import HttpAnswer
from models import clock
from models.migrations import migrate
from models.storage.database import Database
from models.tables.agency import Desk
from models.tables.declarative_base import CENTRAL

ROOT = Path(__file__).resolve().parents[1]
AGENCY = "NB-14701"
DESK = "NB-14701-Q1"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, removed on leaving."""
    instance_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=instance_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def filesystem(path: Path) -> str:
    """The kind of file system `path` lies on (Linux), or an empty text."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    fitting = [(mount, kind) for mount, kind in mounts if path.resolve().is_relative_to(mount)]
    return max(fitting, key=lambda pair: len(pair[0]), default=("", ""))[1]


def fill_centre(database: Database, *, factors: bool = False) -> None:
    """Make the empty `database` a central store with the demo's reference data and one desk; with `factors` it asks
    the further questions too."""
    migrate.upgrade_store(database, CENTRAL)
    with database.write() as session:
        store.load_documents(session)
        agencies.import_agencies(session, demo.AGENCIES)
        procedures.import_procedures(session, demo.PROCEDURES)
        session.add(Desk(code=DESK, agency_key=AGENCY, name_vi="Quầy 1", name_en="Desk 1", factors=factors))


class InProcessTransport:
    """A transport without a network: straight into the centre's application."""

    def __init__(self, settings: CentreSettings) -> None:
        self._client = admin.create_app(settings).test_client()

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """Hand the request to the application."""
        answer = self._client.post(path, data=body, headers=headers)
        return HttpAnswer(answer.status_code, answer.data)


def paired_desk(place: Path, *, factors: bool = False) -> Path:
    """A desk, paired through the real exchange with a centre that is then gone; returns its instance folder."""
    settings = CentreSettings(place / "centre", f"sqlite:///{(place / 'centre.sqlite').as_posix()}")
    database = settings.database()
    fill_centre(database, factors=factors)
    centre_key_register.create_missing_keys(database, settings.instance, clock.now().t)
    with database.write() as session:
        code = pairing.offer_pairing(session, DESK, clock.now().t, approved=True)[1]
    desk = DeskSettings(place / "desk")
    desk.instance.mkdir()
    app = kiosk.create_app(desk)
    own: Database = app.extensions["database"]
    enrolment.enrol(own, InProcessTransport(settings), "http://127.0.0.1:9", code, clock.now(), desk)
    own.close()
    database.close()
    return desk.instance
