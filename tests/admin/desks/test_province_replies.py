"""Follow-up codes where nobody answers: none is given out until the province says otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from admin.cli import cli
from admin.desks import follow_up_promise
from models.tables.agency import Desk as DeskRow
from models.tables.response import FollowUp, Note, OpenedSidecar
from models.tables.staff_account import AuditRow
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.centre_scene import open_centre
from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import change_reference
from tests.fixtures.paired_desk import make_paired_app as desk_alone
from tests.fixtures.phone_at_centre import Phone, mint_slip

_CODE = re.compile(r"[0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4}")
#: What a page says or shows that promises a reply.
_PROMISES = ("Mã theo dõi", "xem trả lời", "cơ quan trả lời", 'class="qr"', "ma-theo-doi")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        with centre.database.write() as session:
            row = session.get_one(DeskRow, DESK)
            row.typing = row.follow_up = True
        yield centre, desk


def promises(page: str) -> list[str]:
    return [*(words for words in _PROMISES if words in page), *_CODE.findall(page)]


def code_of(page: str) -> str:
    (code,) = re.findall(r'translate="no">([0-9A-Z ]{14})<', page)
    return str(code)


def note_of(desk: Desk, someone: Citizen) -> str:
    """The path of the private page that the tablet shows for this answer."""
    from kiosk.desk import state
    from models import keys
    from models.protocol import note_token

    with desk.database.read() as session:
        identity = state.read_state(session).identity
    assert identity is not None
    key = keys.read_or_make_key(desk.settings.key_file)
    token = note_token.mint(identity.device, identity.epoch, someone.id, desk.now().t, key, identity.centre_key)
    return f"/n/{token}"


def kept(centre: Centre) -> tuple[int, int]:
    """How many codes the centre knows, and how many openings of one."""
    with centre.database.read() as session:
        openings = select(func.count()).select_from(OpenedSidecar).where(OpenedSidecar.kind == "f")
        return session.scalar(select(func.count()).select_from(FollowUp)) or 0, session.scalar(openings) or 0


def test_from_the_beginning_no_code_is_given_anywhere(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    desk.sync(url=centre.url)
    someone = Citizen(desk.app)
    someone.tap(2)
    someone.topics("wait")
    assert "Cảm ơn" in someone.page and not promises(someone.page) and someone.code() is None
    slip = Phone(centre)
    assert not promises(slip.send(slip.tap(mint_slip(desk), 2), comment="Chờ lâu").text)
    poster = Phone(centre)
    sent = poster.post(f"/d/{DESK}", **poster.form(f"/d/{DESK}"), score="1")
    assert not promises(poster.send(sent.location, comment="Chờ lâu").text)
    writer = Phone(centre)
    path = note_of(desk, someone)
    written = writer.client.post(path, data={**writer.form(path), "comment": "Chờ lâu"}, follow_redirects=True)
    assert "Cảm ơn" in written.text and not promises(written.text)
    assert not promises(writer.get(path).text)  # the same browser again
    desk.sync(url=centre.url)
    assert kept(centre) == (0, 0)
    with centre.database.read() as session:
        assert session.scalars(select(Note.follow)).all() == [None]


def test_with_the_province_s_word_codes_are_given_and_looked_up_also_afterwards(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    centre.answers()
    desk.sync(url=centre.url)
    someone = Citizen(desk.app)
    someone.tap(4)
    someone.topics("wait")
    typed = someone.code()
    assert typed and "xem trả lời" in someone.page
    phone = Phone(centre)
    sent = phone.send(phone.tap(mint_slip(desk), 2), comment="Chờ lâu")
    code = code_of(sent.text)
    desk.sync(url=centre.url)
    for given in (typed, code):
        assert "Cơ quan chưa trả lời." in Phone(centre).get(f"/c/{given}").text
    writer, path = Phone(centre), note_of(desk, someone)
    wrote = writer.client.post(path, data={**writer.form(path), "comment": "Chờ lâu"}, follow_redirects=True)
    assert code_of(wrote.text) == code_of(writer.get(path).text)
    centre.answers(False)
    assert not promises(phone.get(sent.request.full_path).text)  # a reload promises nothing any more
    assert not promises(writer.get(path).text)
    for given in (typed, code):
        page = Phone(centre).get(f"/c/{given}").text
        assert "Đã nhận" in page and "Hiện trang này chưa có phần trả lời." in page and "hiện ở đây" not in page
    assert "Đánh giá của Ông/Bà đã tới chưa?" in Phone(centre).get("/c/").text
    desk.sync(url=centre.url)
    other = Citizen(desk.app)
    other.tap(4)
    other.topics("wait")
    assert other.code() is None and not promises(other.page)


def test_an_answer_that_got_no_code_shows_none_later(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    phone = Phone(centre)
    sent = phone.send(phone.tap(mint_slip(desk), 2), comment="Chờ lâu")
    centre.answers()
    assert not promises(phone.get(sent.request.full_path).text)  # nobody could look it up


@pytest.mark.parametrize("replies", [None, False, True])
def test_a_desk_that_was_not_told_gives_none(tmp_path: Path, replies: bool | None) -> None:
    app = desk_alone(tmp_path / "desk", follow_up=True)
    change_reference(app, lambda value: value.pop("replies") if replies is None else value.update(replies=replies))
    someone = Citizen(app)
    someone.tap(3)
    someone.topics("wait")
    assert (someone.code() is not None) is bool(replies)


def test_the_tablet_thanks_alike_for_every_score_without_codes(tmp_path: Path) -> None:
    app = desk_alone(tmp_path / "desk", follow_up=True)
    change_reference(app, lambda value: value.update(replies=False))
    pages = set()
    for score in range(1, 6):
        someone = Citizen(app)
        someone.tap(score)
        someone.topics("wait")
        pages.add(someone.page)
    assert len(pages) == 1


def test_the_command_says_how_it_stands_and_leaves_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre(tmp_path / "centre")
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "centre"))

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["follow-up", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    try:
        assert run().startswith("off: không phát mã theo dõi.") and json.loads(run("--json")) == {"follow_up": False}
        assert run("on").startswith("on: ") and run("on").startswith("on: ")
        assert json.loads(run("--json")) == {"follow_up": True}
        assert run("off").startswith("off: ")
        assert CliRunner().invoke(cli, ["follow-up", "perhaps"]).exit_code == 2
        assert CliRunner().invoke(cli, ["follow-up", "on", "--json"]).exit_code == 2
        with centre.database.read() as session:
            rows = session.scalars(select(AuditRow.subject).where(AuditRow.action == "follow_up_set"))
            assert rows.all() == ["on", "off"] and not follow_up_promise.is_follow_up_promised(session)
    finally:
        centre.close()


def test_the_desks_page_says_that_the_province_gives_none(tmp_path: Path) -> None:
    with open_centre(tmp_path, filled=True) as scene:
        listed = scene.text("/agencies/HL/desks", "ward@nb.vn")
        assert "Toàn tỉnh chưa phát mã theo dõi" in listed and "bật" not in re.sub(r"<[^>]*>", "", listed)
        assert "Hiện tỉnh chưa phát mã" in scene.text("/agencies/HL/desks?desk=HL-Q1", "ward@nb.vn")
        with scene.database.write() as session:
            assert follow_up_promise.set_follow_up_promise(session, True, "tinh@nb.vn", 1)
        assert "Toàn tỉnh chưa phát" not in scene.text("/agencies/HL/desks", "ward@nb.vn")


