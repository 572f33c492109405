"""Sentences of safety and sending on the desk's pages, rendered in every state of its store.

Each may stand there where it is so, and nowhere else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.auth import pin_tries
from kiosk.cli import status_lines
from kiosk.desk import kept_ratings
from kiosk.staff.action_text import describe_action
from kiosk.sync import enrolment
from kiosk.sync.transport import HttpTransport
from models.tables.ledger_entry import StoredEntry
from tests.fixtures.desk_staff_scene import NOON, StaffScene, enter_pin, read_page_text
from tests.fixtures.desk_states import STATES, DeskCondition
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.pairwise_choices import tried_combinations
from tests.fixtures.safety_wording import RECKONED, SENDERS, read_messages, speaks_of_safety, speaks_of_sending
from translations import use_locale

ONLY_KEPT = "Câu trả lời được giữ trên máy này."
HELD = "Câu trả lời được giữ trên máy này và sẽ được chuyển đi khi trung tâm nhận lại phiếu của máy."
#: What becomes of the answer, word for word: with a network, and without.
THANKS = {
    "well": (
        "Phiếu đã lưu an toàn trên máy và đang được gửi.",
        "Máy đang mất kết nối. Đánh giá đã lưu trên thiết bị, chưa gửi. Đánh giá an toàn và sẽ tự gửi khi có mạng.",
    ),
    "set aside, paired again": (
        "Phiếu đã được lưu trên máy và đang được gửi.",
        "Máy đang mất kết nối. Đánh giá đã lưu trên thiết bị, chưa gửi; máy sẽ tự gửi khi có mạng.",
    ),
    **dict.fromkeys(("suspended", "held for pairing"), (HELD, HELD)),
}
THANKS["clock unknown"] = THANKS["well"]
#: Words of a promise, Vietnamese and English, and when they may be said.
Allowed = Callable[[DeskCondition, bool, bool], bool]
RULES: dict[str, Allowed] = {
    r"an toàn|\bsafe(ly)?\b": lambda so, online, signed: so.safe,
    r"không mất phiếu nào|none is lost": lambda so, online, signed: so.safe,
    r"đang được gửi|Đang gửi(?! tiếp)|is being sent|Being sent": lambda so, online, signed: so.goes and online,
    r"sẽ tự gửi|Máy tự gửi khi|will be sent|They are sent when": lambda so, online, signed: so.goes,
    r"Máy tự gửi tiếp|It goes on by itself": lambda so, online, signed: so.goes,
    r"khi trung tâm nhận lại|once the centre takes": lambda so, online, signed: so.held,
    r"Nguyên vẹn|Intact|[Kk]hông thiếu, không bị sửa|[Nn]othing missing": lambda so, online, signed: so.whole,
    r"Đã gửi hết(?! sổ)|All sent|Everything has been sent|The centre has everything\.": (
        lambda so, online, signed: so.safe and signed
    ),
    r"Đã gửi hết sổ|The present ledger has been sent": lambda so, online, signed: so.whole and signed,
    r"[Tt]rung tâm (đã )?nhận đủ|the centre has (it|all)\b|The centre has everything": (
        lambda so, online, signed: so.taken
    ),
    r"ghép lại|[Pp]air(ed)? (it )?again": lambda so, online, signed: so.unpaired,
    # said of what this machine does not know: no promise
    r"không biết chắc|is not known here|only the centre can tell": lambda so, online, signed: not so.safe,
}
#: Sentences that say what just happened, whatever the state: a round of sending ended so.
HAPPENED = r"^Đang gửi tiếp|^Still sending|Đã gửi %|ratings? sent|Chưa gửi|has been sent yet"
CODES = (
    "send_ok", "send_going_on", "send_offline", "send_failed", "send_forked", "send_closed", "send_stopped",
    "export_failed",
)  # fmt: skip


#: What a page is looked at in.
KINDS = {"state": tuple(STATES), "network": ("online", "offline"), "ledger": ("waiting", "signed")}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    made.remember(sound_ms=NOON)
    yield made
    made.store.close()


def brought(scene: StaffScene, name: str, online: bool, signed: bool) -> DeskCondition:
    """The scene in that state, with or without a network; `signed`: the centre signed for all that stood here."""
    if signed:
        with scene.store.read() as session:
            scene.remember(acked_seq=max(session.scalars(select(StoredEntry.seq))))
    if not online:
        scene.offline()
    STATES[name].make(scene)
    return STATES[name]


def pages(scene: StaffScene, lang: str) -> Iterator[tuple[str, str]]:
    """Every page of the desk that somebody can stand before now, and what the console says."""
    client = scene.app.test_client()

    def seen(path: str) -> str:
        return unescape(read_page_text(client.get(f"{path}?lang={lang}")))

    for path in ("/", "/sleep", "/thanks", "/nothing", "/staff", "/officer"):
        yield path, seen(path)
    scene.remember(pin_tries=pin_tries.TRIES_TOGETHER, pin_mono=scene.at.mono, pin_boot=scene.facts()["boot"])
    yield "/staff, locked", seen("/staff")
    scene.remember(pin_tries=0)
    enter_pin(client)
    yield "/staff, open", seen("/staff")
    settings = scene.app.extensions["settings"]
    with scene.store.read() as session, use_locale(lang):
        now = kept_ratings.assess_safety(session, settings)
        console = "\n".join(status_lines.build_status_lines(session, settings, scene.at))
    yield "console", console
    with use_locale(lang):
        for code in CODES:
            said = describe_action(code, {"sent": 0, "code": "not_written"}, now)
            yield code, f"{said.title} {said.text}"


def rated(scene: StaffScene, lang: str) -> str:
    """Somebody touches a face, adds nothing, and reads the thanks."""
    client = scene.app.test_client()
    fields = read_hidden_fields(client.get("/").get_data(as_text=True))
    place = client.post("/rate", data={**fields, "score": "4"}).location
    fields = read_hidden_fields(client.get(place).get_data(as_text=True))
    reply = client.post(place, data={**fields, "act": "skip"})
    assert "/thanks" in reply.location, reply.location
    return unescape(read_page_text(client.get(f"{reply.location}?lang={lang}")))


def broken(page: str, so: DeskCondition, online: bool, signed: bool) -> list[str]:
    """What a page promises that is not so."""
    return [
        found.group()
        for words, allowed in RULES.items()
        if not allowed(so, online, signed)
        for found in re.finditer(words, page)
    ]


@pytest.mark.parametrize("choice", tried_combinations(KINDS), ids=lambda choice: "-".join(choice.values()))
def test_every_page_promises_what_is_so_and_nothing_else(scene: StaffScene, choice: dict[str, str]) -> None:
    online, signed = choice["network"] == "online", choice["ledger"] == "signed"
    so = brought(scene, choice["state"], online, signed)
    for lang in ("vi", "en"):
        for place, page in pages(scene, lang):
            assert broken(page, so, online, signed) == [], f"{place} {lang}: {page}"


@pytest.mark.parametrize("online", [True, False], ids=["online", "offline"])
@pytest.mark.parametrize("name", STATES)
def test_the_thanks_say_these_words(scene: StaffScene, name: str, online: bool) -> None:
    so = brought(scene, name, online, False)
    words = THANKS.get(name, (ONLY_KEPT, ONLY_KEPT))[0 if online else 1]
    page = rated(scene, "vi")
    assert f"Ý kiến đã được ghi nhận. {words} " in page
    assert broken(rated(scene, "en"), so, online, False) == []


@pytest.mark.parametrize("name", ["forked", "closed", "forked, sender dead"])
def test_a_ledger_that_the_centre_takes_no_further_is_left_alone(scene: StaffScene, name: str) -> None:
    """Nobody at the desk can begin another one: they are told what helps, and what would do harm."""
    so = brought(scene, name, True, False)
    rest = {
        "vi": "Không xóa gì trên máy này; hãy gọi 0229 000 0000, nơi đó sẽ cho biết cách làm tiếp (HL-422).",
        "en": "Erase nothing on this machine and call 0229 000 0000; they will say how to go on (HL-422).",
    }
    for lang, words in rest.items():
        told = {place: page.replace("\u00a0", " ") for place, page in pages(scene, lang)}
        assert words in told["/staff, open"] and words in told["console"] and not so.held
        stays = {"vi": "phiếu ở lại trên máy", "en": "the ratings stay on the machine"}
        assert stays[lang] in told["console"]
    settings = scene.app.extensions["settings"]
    with pytest.raises(enrolment.PairingFailed) as refused:
        enrolment.enrol(scene.store, HttpTransport("http://127.0.0.1:9"), "http://127.0.0.1:9", "A", scene.at, settings)
    with use_locale("vi"):
        assert refused.value.code == "already_paired" and "không xóa gì trên máy" in str(refused.value)


def test_a_full_disk_promises_no_further_rating(scene: StaffScene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.offline()
    real = shutil.disk_usage(scene.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real._replace(free=kept_ratings.NO_ROOM - 1))
    for place, page in pages(scene, "vi"):
        assert "Máy vẫn nhận đánh giá" not in page, place


def test_every_sentence_of_what_asks_the_store_is_known_here() -> None:
    """A new promise in one of these files must be one of the rules, and so be rendered in each state above."""
    for message, (words, files) in read_messages().items():
        said = f"{message}\n{words}"
        asks = (RECKONED | SENDERS) & set(files) and (speaks_of_safety(said) or speaks_of_sending(said))
        if asks and not re.search(HAPPENED, said, re.MULTILINE):
            assert any(re.search(rule, message) and re.search(rule, words) for rule in RULES), said
