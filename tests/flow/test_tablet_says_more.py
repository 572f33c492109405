"""Details beyond the face: factor answers, typed words and the reply's code reach the centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.protocol import follow_up_code
from models.tables.agency import Desk as DeskRow
from models.tables.desk_store import WaitingSidecar
from models.tables.response import FollowUp, OpenedSidecar, Response
from tests.fixtures.centre_and_desk import DESK, Centre, Desk
from tests.fixtures.citizen import Citizen


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    centre, desk = Centre(tmp_path / "centre"), Desk(tmp_path / "desk")
    with centre.database.write() as session:
        row = session.get_one(DeskRow, DESK)
        row.factors = row.typing = row.follow_up = True
    centre.answers()
    centre.start()
    desk.pair(centre)
    desk.sync(url=centre.url)
    yield centre, desk
    centre.close()
    desk.database.close()


def test_what_was_said_at_the_desk_is_read_at_the_centre(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    someone = Citizen(desk.app)
    someone.tap(2)
    someone.write("Chờ hai giờ, gọi 0912 345 678")
    someone.topics("wait")
    for score in (1, 0, 4, 5, 3):
        someone.tap(score)
    code = someone.code()
    assert code
    assert desk.sync(url=centre.url).waiting == 0
    with centre.database.read() as session:
        (response,) = session.scalars(select(Response))
        said = {row.kind: row.value for row in session.scalars(select(OpenedSidecar))}
        (tied,) = session.scalars(select(FollowUp))
    assert (response.id, response.outcome) == (someone.id, "counted")
    assert response.answers == {"overall": 2, "A": 1, "B": 0, "C": 4, "D": 5, "E": 3}
    assert said["c"] == "Chờ hai giờ, gọi •••" and said["f"] == follow_up_code.digest_code(code)
    assert (tied.digest, tied.response_id) == (follow_up_code.digest_code(code), someone.id)
    assert centre.app.test_client().get(f"/c/{code}").status_code == 200
    with desk.database.read() as session:
        assert {row.kind for row in session.scalars(select(WaitingSidecar))} == {"c", "f"}


def test_a_changed_word_is_not_believed(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    someone = Citizen(desk.app)
    someone.tap(2)
    someone.write("Chờ lâu")
    someone.topics(act="skip")
    with desk.database.write() as session:
        session.get_one(WaitingSidecar, (someone.id, "c")).value = "Rất tốt"
    desk.sync(url=centre.url)
    with centre.database.read() as session:
        assert "Rất tốt" not in {row.value for row in session.scalars(select(OpenedSidecar))}
