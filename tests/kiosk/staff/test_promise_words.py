"""Promises of the desk's screens: a sentence a state; "none is lost" only where it is so."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from kiosk.desk import kept_ratings, reference
from kiosk.desk.kept_ratings import DAMAGED, FORKED, ROLLED_BACK, SET_ASIDE, RatingSafety
from kiosk.staff import kept_ratings_text
from kiosk.staff.action_text import describe_action
from kiosk.staff.status_text import build_banners, build_tiles
from models.tables.desk_store import StoredReceipt
from models.tables.ledger_entry import StoredEntry
from tests.fixtures import desk_state_rows
from tests.fixtures.desk_staff_scene import NOON, StaffScene, enter_pin, read_page_text
from translations import use_locale

NONE_LOST = "không mất phiếu nào"
ENGLISH = "none is lost"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    yield made
    made.store.close()


def now_said(scene: StaffScene) -> RatingSafety:
    with scene.store.read() as session:
        return kept_ratings.assess_safety(session, scene.app.extensions["settings"])


def shown(scene: StaffScene) -> str:
    """All that the staff page says, tiles and banners."""
    settings = scene.app.extensions["settings"]
    with scene.store.read() as session, use_locale("vi"):
        known = reference.read_reference(session, scene.at)
        assert known is not None
        parts = [f"{b.title} {b.text}" for b in build_banners(session, settings, known, scene.at)]
        parts += [f"{t.name} {t.figure} {t.unit} {t.line} {t.tag}" for t in build_tiles(session, settings, scene.at)]
    return " | ".join(parts)


def last_seq(scene: StaffScene) -> int:
    with scene.store.read() as session:
        return max(row.seq for row in session.query(StoredEntry))


def erased(scene: StaffScene, upto: int) -> None:
    """The centre signed for everything, and the oldest entries were erased here after their time."""
    with scene.store.write() as session:
        session.execute(delete(StoredEntry).where(StoredEntry.seq <= upto))
        desk_state_rows.put_texts(session, acked_seq=last_seq(scene), pruned_seq=upto)


def gap(scene: StaffScene, expected: int) -> None:
    with scene.store.write() as session:
        kept_ratings.record_gap(session, 1, expected)
        desk_state_rows.put_texts(session, state="forked")


def test_what_waits_is_kept_and_said_so(scene: StaffScene) -> None:
    scene.offline()
    said = now_said(scene)
    assert (said.waiting, said.drafts, said.held, said.none_lost, said.all_sent) == (12, 0, 0, True, False)
    assert f"Máy vẫn nhận đánh giá và giữ lại, {NONE_LOST}. Hãy kiểm tra mạng" in shown(scene)


def test_a_centre_that_was_restored_asks_for_what_is_gone_and_nobody_says_that_nothing_is_lost(
    scene: StaffScene,
) -> None:
    last = last_seq(scene)
    erased(scene, 5)
    assert now_said(scene).none_lost and "Đã gửi hết" in shown(scene)
    gap(scene, 3)
    said, page = now_said(scene), shown(scene)
    assert said.lacking == (3, 5) and not said.none_lost and not said.all_sent
    assert "Trung tâm thiếu các dòng sổ từ 3 đến 5; máy này đã xóa các dòng đó sau nửa năm." in page
    assert "cần những dòng sổ không còn trên máy này" in page and NONE_LOST not in page and "Đã gửi hết" not in page
    with scene.store.write() as session:
        kept_ratings.record_receipt(session, 1, 4)  # only part of it came back
    assert now_said(scene).lacking == (3, 5)
    with scene.store.write() as session:
        kept_ratings.record_receipt(session, 2, last)  # another epoch's
    assert now_said(scene).lacking == (3, 5)
    with scene.store.write() as session:
        kept_ratings.record_receipt(session, 1, last)  # found again in another backup
        desk_state_rows.put_texts(session, state="active")
    assert now_said(scene).none_lost and "Đã gửi hết" in shown(scene)


def test_a_gap_above_what_was_erased_is_only_sent_again(scene: StaffScene) -> None:
    erased(scene, 5)
    with scene.store.write() as session:
        kept_ratings.record_gap(session, 1, 6)
        session.add(StoredReceipt(epoch=1, seq=last_seq(scene), h="", t=NOON, at=NOON, bytes=b"", signature=""))
        desk_state_rows.put_texts(session, acked_seq=5)
    said, page = now_said(scene), shown(scene)
    assert said.none_lost and said.waiting and "Trung tâm thiếu một phần và đã yêu cầu gửi lại" in page


@pytest.mark.parametrize(
    ("known", "doubt", "words"),
    [
        ({"state": "forked"}, FORKED, "Có thiếu phiếu nào không thì phải đối chiếu với sổ ở trung tâm mới rõ."),
        ({"sound": "5: does not follow"}, DAMAGED, "Còn 12 phiếu trung tâm chưa ký nhận; có thể có phiếu không đọc"),
        ({"acked_seq": 10_000}, ROLLED_BACK, "Máy này không biết chắc có thiếu phiếu nào không"),
        ({"set_aside_ms": NOON, "set_aside": "kiosk-1.damaged"}, SET_ASIDE, "12 phiếu"),
    ],
    ids=["forked", "damaged", "rolled-back", "set-aside"],
)
def test_a_store_that_cannot_vouch_says_what_it_knows(
    scene: StaffScene, known: dict[str, object], doubt: str, words: str
) -> None:
    scene.remember(**known)
    assert now_said(scene).doubts == (doubt,)
    page = shown(scene)
    assert words in page and NONE_LOST not in page and "Đã gửi hết" not in page
    scene.offline()
    assert NONE_LOST not in shown(scene)


@pytest.mark.parametrize("known", ["suspended", "revoked", "lost", "closed"])
def test_a_stopped_device_keeps_what_it_has(scene: StaffScene, known: str) -> None:
    scene.remember(state=known)
    assert NONE_LOST in shown(scene) and not now_said(scene).sends


def test_earlier_ledgers_count_as_held_where_no_receipt_covers_them(scene: StaffScene) -> None:
    seq = last_seq(scene)
    scene.remember(epoch=2, acked_seq=0)
    assert (now_said(scene).held, now_said(scene).waiting) == (12, 0)
    assert "Đã gửi hết sổ hiện tại" in shown(scene) and not now_said(scene).all_sent
    with scene.store.write() as session:
        session.add(StoredReceipt(epoch=1, seq=seq - 3, h="", t=NOON, at=NOON, bytes=b"", signature=""))
    assert now_said(scene).held == 3


def test_a_receipt_that_the_centre_lost_again_covers_no_earlier_ledger(scene: StaffScene) -> None:
    """The centre was restored to a state before it, and said so, before this machine began its second epoch."""
    seq = last_seq(scene)
    with scene.store.write() as session:
        for upto, lost in ((seq - 5, False), (seq, True)):
            session.add(
                StoredReceipt(epoch=1, seq=upto, h="", t=NOON, at=NOON, bytes=b"", signature="", undone=lost)
            )
    scene.remember(epoch=2, acked_seq=0)
    assert now_said(scene).held == 5 and not now_said(scene).all_sent
    assert "Đã gửi hết sổ hiện tại" in shown(scene)


def test_a_store_that_ends_before_what_it_erased_was_rolled_back(scene: StaffScene) -> None:
    """No step of the desk erases more than was signed for; a store whose row of that is gone tells by the other."""
    scene.remember(acked_seq=0, pruned_seq=10_000)
    assert now_said(scene).doubts == (ROLLED_BACK,) and NONE_LOST not in shown(scene)


def test_a_rating_in_hand_is_no_sent_one(scene: StaffScene) -> None:
    client = scene.app.test_client()
    page = client.get("/").get_data(as_text=True)
    from tests.fixtures.paired_desk import read_hidden_fields

    client.post("/rate", data={**read_hidden_fields(page), "score": "4"})
    scene.remember(acked_seq=last_seq(scene))
    said = now_said(scene)
    assert (said.drafts, said.all_sent, said.none_lost) == (1, False, True)
    assert "1 phiếu đang được đánh giá" in shown(scene) and "Đã gửi hết" not in shown(scene)


def test_a_full_disk_takes_no_more_and_says_so_at_the_door(scene: StaffScene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.offline()
    real = shutil.disk_usage(scene.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real._replace(free=kept_ratings.NO_ROOM - 1))
    page = shown(scene)
    assert "Bộ nhớ máy đầy nên không ghi thêm được phiếu. Đang giữ 12 phiếu trên máy, không mất phiếu nào." in page
    assert "vẫn nhận đánh giá" not in page
    client = scene.app.test_client()
    for _try in range(5):
        enter_pin(client, typed="111223")
    assert "Máy vẫn nhận đánh giá" not in read_page_text(client.get("/staff"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real._replace(free=kept_ratings.NO_ROOM))
    assert "Máy vẫn nhận đánh giá" in read_page_text(client.get("/staff"))


def test_the_thanks_say_no_more_than_the_store_can_vouch_for(scene: StaffScene) -> None:
    client = scene.app.test_client()

    def thanks(lang: str = "vi") -> str:
        return read_page_text(client.get(f"/thanks?lang={lang}"))

    assert "Phiếu đã lưu an toàn trên máy và đang được gửi." in thanks()
    damage = "5: does not follow"
    for known, sound, later in (("suspended", "", True), ("forked", "", False), ("active", damage, False)):
        scene.remember(state=known, sound=sound)
        assert "giữ trên máy này" in thanks() and "an toàn" not in thanks() and "safe" not in thanks("en")
        assert ("khi trung tâm nhận lại phiếu" in thanks()) == later


STATES = st.builds(
    RatingSafety,
    waiting=st.integers(0, 3), drafts=st.integers(0, 2), held=st.integers(0, 2),
    lacking=st.none() | st.tuples(st.integers(1, 5), st.integers(5, 9)),
    doubts=st.lists(st.sampled_from([DAMAGED, FORKED, ROLLED_BACK, SET_ASIDE]), unique=True).map(tuple),
    room=st.booleans(), sends=st.booleans(),
)  # fmt: skip
CODES = ("send_ok", "send_going_on", "send_offline", "send_failed", "send_forked", "export_failed")


@given(said=STATES)
def test_none_is_lost_is_said_when_it_is_so_and_at_no_other_time(said: RatingSafety) -> None:
    vouched = said.lacking is None and not said.doubts
    for locale, words in (("vi", NONE_LOST), ("en", ENGLISH)):
        with use_locale(locale):
            safe = kept_ratings_text.describe_safety(said)
            assert (words in safe) == (vouched and (said.room or said.kept > 0)), safe
            actions = [describe_action(code, {"sent": 0, "code": "not_written"}, said) for code in CODES]
            assert all(words not in one.text for one in actions) or vouched
            assert ("The centre has everything." in actions[0].text) == (said.all_sent and locale == "en")
            assert all("Đã gửi" not in one.text for one in actions)
            assert not said.room or "memory is full" not in safe


def test_every_doubt_has_words_of_its_own() -> None:
    plain = RatingSafety(3, 0, 0, None, (), True, True)
    changes = [replace(plain, doubts=(doubt,)) for doubt in (DAMAGED, FORKED, ROLLED_BACK, SET_ASIDE)]
    states = [plain, *changes, replace(plain, lacking=(3, 5)), replace(plain, room=False)]
    with use_locale("vi"):
        for one, other in itertools.combinations([kept_ratings_text.describe_safety(state) for state in states], 2):
            assert one != other
