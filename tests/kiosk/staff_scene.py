"""A desk in the middle of its morning, for the pages behind the PIN: ratings that wait, procedures, a clock to move."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.auth import pin
from kiosk.desk import ledger, practice, state
from models import ids
from models.clock import Moment, day_start
from models.database import Database
from models.keys import secret_file
from models.protocol.sealed_file import Box
from tests.kiosk.paired_desk import paired, told

PIN = "274951"
#: 14 October 2026, 09:42:15 in Asia/Ho_Chi_Minh.
NOON = day_start("2026-10-14") + 9 * 3_600_000 + 42 * 60_000 + 15_000
PROCEDURES = [
    ("1.001193", "Đăng ký khai sinh"), ("1.000894", "Đăng ký kết hôn"), ("1.004884", "Đăng ký lại khai sinh"),
    ("2.000815", "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan, tổ chức có thẩm quyền cấp"),
    ("2.000884", "Chứng thực chữ ký trong các giấy tờ, văn bản"), ("1.001612", "Đăng ký thành lập hộ kinh doanh"),
    ("1.012753", "Đăng ký đất đai lần đầu đối với cá nhân, cộng đồng dân cư, hộ gia đình, người gốc Việt Nam"),
]  # fmt: skip


class Scene:
    """The desk's app with `waiting` ratings, the first at 06:31; nothing of it was sent."""

    def __init__(self, folder: Path, waiting: int = 12) -> None:
        self.app: Flask = paired(folder)
        self.folder = folder
        self.at = Moment(NOON, 50_000_000)
        self.app.extensions["clock"] = lambda: self.at
        self.store: Database = self.app.extensions["database"]
        self.box = Box(secret_file(folder / "box-of-the-centre"))
        told(self.app, self._reference)
        with self.store.write() as session:
            pin.set_pin(session, PIN, self.at)
        self.rate(waiting, NOON - 191 * 60_000, 15 * 60_000)
        self.online()

    def _reference(self, value: dict[str, Any]) -> None:
        value["centre_box"] = self.box.public
        value["procedures"] = [
            {"code": code, "number": number, "name": {"vi": name}} for number, (code, name) in enumerate(PROCEDURES, 1)
        ]

    def rate(self, count: int, first: int, apart: int = 1_000, **p: Any) -> None:
        """Sealed ratings of score 4 from `first` (ms since 1970) on."""
        with self.store.write() as session:
            for number in range(count):
                t = first + number * apart
                ledger.append(
                    session, "rating", {"answers": [["overall", 4]], **p}, Moment(t, number), id=ids.new_id(t)
                )

    def wait(self, seconds: float) -> None:
        """Time passes on both clocks."""
        self.at = Moment(self.at.t + int(seconds * 1000), self.at.mono + int(seconds * 1000))

    def remember(self, **facts: Any) -> None:
        """Set facts of the desk."""
        with self.store.write() as session:
            state.remember(session, **facts)

    def facts(self) -> dict[str, str]:
        """All facts of the desk."""
        with self.store.read() as session:
            return state.facts(session)

    def online(self) -> None:
        """The centre answered just now."""
        at = self.at.t - 40_000
        self.remember(state="active", last_reply_ms=at, last_sync_ms=at, clock_offset_ms=2_000)

    def offline(self) -> None:
        """The network left at 06:33."""
        self.remember(last_reply_ms=NOON - 189 * 60_000, last_sync_ms=NOON - 191 * 60_000)

    def forked(self) -> None:
        """The centre saw two histories."""
        self.remember(state="forked")

    def practising(self) -> None:
        """Practice is on, and no network."""
        self.online()
        self.offline()
        with self.store.write() as session:
            practice.begin(session, self.at)


def seal_of(page: TestResponse) -> str:
    """The seal that a page's form carries."""
    found = re.search(r'name="seal" value="(\w+)"', page.get_data(as_text=True))
    assert found, page.get_data(as_text=True)
    return found[1]


def enter(client: FlaskClient, at: str = "/staff", typed: str = PIN) -> TestResponse:
    """Type a PIN at a door; returns the redirect."""
    return client.post(f"{at}/pin", data={"seal": seal_of(client.get(at)), "pin": typed, "key": "open"})


def press(client: FlaskClient, button: str, at: str = "/staff", **values: Any) -> TestResponse:
    """Press a button behind the door and see the page it leads to."""
    data = {"seal": seal_of(client.get(at)), **values}
    return client.post(f"{at}/{button}", data=data, follow_redirects=True)


def text(page: Any) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)))
