"""A further language: offered when it is complete and confirmed, and taken back by itself.

The province confirms it. One language CLDR knows (`eo`) and one it does not (`cjm-x-test`) are made from the texts
themselves, added beside the instance, and met on the phone, and on a tablet that has never heard of them before its
sync.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import translations
from admin.cli import cli
from admin.desks import follow_up_promise
from admin.instruments import store
from admin.languages import availability, list_offered_languages
from admin.languages.availability import LanguageRefused
from models.storage.database import Database
from models.tables.agency import Desk as DeskRow
from models.tables.agency import Language, SpokenPrompt, StoredInstrument
from models.tables.staff_account import AuditRow
from tests.fixtures import centre_scene
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.citizen import Citizen
from tests.fixtures.phone_at_centre import Phone, find_link, mint_slip
from tests.fixtures.pseudo_language import fill_catalogue, find_foreign_words, write_pseudo_language

CODES = ("eo", "cjm-x-test")
NAME = "Ngữ thử"
BOTH = (("vi", "Tiếng Việt"), ("en", "English"))


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    translations.find_languages()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A store with the questionnaires, its folder of languages known."""
    from admin.settings import Settings
    from models.migrations import migrate
    from models.tables.declarative_base import CENTRAL

    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'admin.sqlite'}")
    database = settings.database()
    migrate.upgrade_store(database, CENTRAL)
    with database.write() as session:
        store.load_documents(session)
    translations.find_languages(tmp_path / "languages")
    yield database
    database.close()


def added(database: Database, instance: Path, code: str = "zzx") -> Path:
    with database.read() as session:
        return write_pseudo_language(session, instance / "languages" / code, NAME)


def state(database: Database, code: str) -> str:
    with database.read() as session:
        return next(one.state for one in availability.list_language_states(session) if one.code == code)


def confirmed(database: Database, code: str) -> None:
    with database.write() as session:
        availability.confirm_language(session, code, "tinh@nb.vn", 5)


def test_vietnamese_and_english_are_offered_from_the_start_and_english_may_be_withdrawn(database: Database) -> None:
    with database.write() as session:
        assert list_offered_languages(session) == BOTH
        availability.withdraw_language(session, "en", "tinh@nb.vn", 1)
        assert list_offered_languages(session) == BOTH[:1]
        availability.confirm_language(session, "en", "tinh@nb.vn", 2)
        assert list_offered_languages(session) == BOTH
        with pytest.raises(LanguageRefused, match="Tiếng Việt"):
            availability.withdraw_language(session, "vi", "tinh@nb.vn", 3)


@pytest.mark.parametrize("code", CODES)
def test_a_language_is_offered_when_complete_and_confirmed(database: Database, tmp_path: Path, code: str) -> None:
    added(database, tmp_path, code)
    assert state(database, code) == "unconfirmed"
    confirmed(database, code)
    with database.write() as session:
        assert list_offered_languages(session) == (*BOTH, (code, NAME))
        row = session.get_one(Language, code)
        assert (row.confirmed_ms, row.confirmed_by) == (5, "tinh@nb.vn")
        availability.withdraw_language(session, code, "tinh@nb.vn", 6)
        assert list_offered_languages(session) == BOTH
        said = [(row.action, row.subject.split()[0], row.who) for row in session.scalars(select(AuditRow))]
    assert said == [("language_confirmed", code, "tinh@nb.vn"), ("language_withdrawn", code, "tinh@nb.vn")]


@pytest.mark.parametrize(
    ("file", "missing", "kind"),
    [("messages.po", "Send", "words"), ("questions.po", "Hài lòng", "question"),
     ("questions.po", "Ông/Bà có hài lòng với việc phục vụ hôm nay không?", "question")],
)  # fmt: skip
def test_one_missing_text_keeps_it_back_and_takes_it_back(
    database: Database, tmp_path: Path, file: str, missing: str, kind: str
) -> None:
    folder = added(database, tmp_path)
    fill_catalogue(folder / file, {missing: ""})
    assert state(database, "zzx") == "incomplete"
    with pytest.raises(LanguageRefused) as refused, database.write() as session:
        availability.confirm_language(session, "zzx", "tinh@nb.vn", 1)
    assert refused.value.code == "incomplete"
    assert [(gap.kind, gap.text) for gap in refused.value.gaps] == [(kind, missing)]
    fill_catalogue(folder / file, {})
    confirmed(database, "zzx")
    assert state(database, "zzx") == "offered"
    fill_catalogue(folder / file, {missing: ""})
    assert state(database, "zzx") == "incomplete"
    with database.read() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["language_confirmed"]


def test_a_text_of_the_long_form_and_of_the_questions_beside_it_is_needed(database: Database, tmp_path: Path) -> None:
    from admin.instruments import companion_questions, translations

    folder = added(database, tmp_path)
    long = store.DATA / "sipas23-1.json"
    for document in (json.loads(long.read_text(encoding="utf-8")), *companion_questions.read_companion_documents()):
        wording = list(translations.find_texts(document))[-1]["vi"]
        fill_catalogue(folder / "questions.po", {wording: ""})
        with database.read() as session:
            one = next(one for one in availability.list_language_states(session) if one.code == "zzx")
        assert [gap.text for gap in one.gaps] == [wording]


def test_other_words_ask_for_another_confirmation(database: Database, tmp_path: Path) -> None:
    folder = added(database, tmp_path)
    confirmed(database, "zzx")
    fill_catalogue(folder / "questions.po", {"Hài lòng": "⟦khác⟧"})
    assert state(database, "zzx") == "changed"
    confirmed(database, "zzx")
    assert state(database, "zzx") == "offered"


def test_a_new_questionnaire_takes_back_every_language_it_does_not_speak(database: Database, tmp_path: Path) -> None:
    added(database, tmp_path)
    confirmed(database, "zzx")
    with database.write() as session:
        document = json.loads(json.dumps(store.read_current_document(session, "short")))
        document["version"] = 2
        document["items"][0]["text"] = {"vi": "Hôm nay Ông/Bà có hài lòng không?"}
        session.add(StoredInstrument(id="short", version=2, status="open", document=document))
    with database.read() as session:
        assert list_offered_languages(session) == BOTH[:1]
    with database.write() as session:
        changed = session.get_one(StoredInstrument, ("short", 2))
        document["items"][0]["text"].update(en="Satisfied today?", zzx="⟦x⟧")
        changed.document = json.loads(json.dumps(document))
    with database.read() as session:
        assert list_offered_languages(session) == BOTH
    assert state(database, "zzx") == "changed"


def test_a_folder_that_went_away_takes_its_language_along(database: Database, tmp_path: Path) -> None:
    folder = added(database, tmp_path)
    confirmed(database, "zzx")
    folder.rename(tmp_path / "elsewhere")
    with database.read() as session:
        assert list_offered_languages(session) == BOTH


def test_the_commands_say_what_is_missing_and_do_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path))

    def run(*words: str, fails: bool = False) -> str:
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == (1 if fails else 0), done.output
        return done.output

    run("upgrade")
    assert "bad_code" in run("languages", "start", "Zz_1", "x", fails=True)
    assert "shipped_language" in run("languages", "start", "en", "x", fails=True)
    assert "unknown_language" in run("languages", "confirm", "zzx", fails=True)
    folder = tmp_path / "languages" / "zzx"
    assert str(folder) in run("languages", "start", "zzx", NAME)
    told = run("languages", "confirm", "zzx", fails=True)
    assert "incomplete" in told and "câu trên màn hình chưa có lời: " in told and "câu nữa" in told
    for file in ("messages.po", "questions.po"):
        fill_catalogue(folder / file, {"Send": ""} if file == "messages.po" else {})
    told = run("languages", "list")
    assert "chưa đủ" in told and "– câu trên màn hình chưa có lời: Send" in told
    assert "còn 1 câu" in run("languages", "start", "zzx", NAME)
    fill_catalogue(folder / "messages.po", {})
    run("languages", "confirm", "zzx")
    found = json.loads(run("languages", "list", "--json"))
    assert {one["code"]: one["state"] for one in found["languages"]} == dict.fromkeys(("vi", "en", "zzx"), "offered")
    assert all(one["missing"] == [] for one in found["languages"]) and found["problems"] == []
    alone = [sys.executable, "-c", "from admin.cli import cli; cli()", "languages", "list", "--json"]
    printed = subprocess.run(alone, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == found  # nothing that reads a catalogue says anything in between
    run("languages", "withdraw", "zzx")
    assert "tỉnh đã rút" in run("languages", "list")


def test_the_page_confirms_and_withdraws(tmp_path: Path) -> None:
    with centre_scene.open_centre(tmp_path, filled=False) as scene:
        folder = added(scene.database, tmp_path)
        fill_catalogue(folder / "messages.po", {"Send": ""})
        client = scene.client("province@nb.vn")
        page = client.get("/languages").text
        assert "chưa đủ" in page and ">Send</li>" in page and 'value="confirm"' not in page
        form = {"csrf_token": centre_scene.find_form_token(client, "/languages"), "code": "zzx", "act": "confirm"}
        refused = client.post("/languages", data=form)
        assert refused.status_code == 409 and "Ngôn ngữ này chưa đủ" in refused.text
        fill_catalogue(folder / "messages.po", {})
        assert 'value="confirm"' in client.get("/languages").text
        assert client.post("/languages", data=form).status_code == 302
        assert "province@nb.vn" in client.get("/languages").text and state(scene.database, "zzx") == "offered"
        assert client.post("/languages", data={**form, "act": "withdraw"}).status_code == 302
        assert state(scene.database, "zzx") == "withdrawn"
        assert client.post("/languages", data={**form, "code": "xx"}).status_code == 404
        assert client.post("/languages", data={**form, "act": "x"}).status_code == 400
        assert client.post("/languages", data={**form, "code": "vi", "act": "withdraw"}).status_code == 409
        assert scene.client("ward@nb.vn").post("/languages", data=form).status_code == 403
        assert scene.client("province@nb.vn").post("/languages", data={"code": "zzx"}).status_code == 400


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    """A centre with both languages offered, and a desk of it that asks everything."""
    folder = tmp_path_factory.mktemp("scene")
    with pair_centre_and_desk(folder) as (centre, desk):
        for code in CODES:
            with centre.database.read() as session:
                write_pseudo_language(session, centre.settings.instance / "languages" / code, f"{NAME} {code}")
        translations.find_languages(centre.settings.instance / "languages")
        with centre.database.write() as session:
            for code in CODES:
                availability.confirm_language(session, code, "tinh@nb.vn", 1)
            row = session.get_one(DeskRow, DESK)
            row.factors = row.typing = row.follow_up = True
            follow_up_promise.set_follow_up_promise(session, True, "tinh@nb.vn", 1)
            session.add(SpokenPrompt(text_id="overall", lang="eo", sha="0" * 64, size=1, mime="audio/mpeg"))
            session.add(SpokenPrompt(text_id="overall", lang="zzz", sha="1" * 64, size=1, mime="audio/mpeg"))
        assert desk.sync(url=centre.url).reference
        centre.stop()
        yield centre, desk
    translations.receive_languages({})


def names(centre: Centre) -> list[str]:
    """What is called the same in every language: agencies, desks, procedures, languages, the product."""
    from models.tables.agency import Agency, Procedure

    tables: tuple[Any, ...] = (Agency, Procedure, DeskRow)
    with centre.database.read() as session:
        rows = [row for table in tables for row in session.scalars(select(table))]
        found = [name for row in rows for name in (row.name_vi, row.name_en)]
    found += ["Hài Lòng", "Tiếng Việt", "English", NAME, *CODES, *("EO", "CJM")]
    return [name for name in found if name]


@pytest.mark.parametrize("code", CODES)
def test_every_page_of_the_tablet_speaks_the_language_alone(scene: tuple[Centre, Desk], code: str) -> None:
    centre, desk = scene
    translations.find_languages()  # this machine has no such folder: what it says came with the reference data
    query = f"?lang={code}"
    assert f"lang={code}" in desk.client.get("/").text
    citizen = Citizen(desk.app, query)
    seen = [citizen.page]
    citizen.tap(2)
    seen.append(citizen.page)
    citizen.topics(act="write")
    seen.append(citizen.page)
    citizen.send(f"/rate/{citizen.id}/comment", text="", act="keep")
    citizen.topics("wait")
    while "/factor/" in citizen.path:
        seen.append(citizen.page)
        citizen.tap(3)
    seen.append(citizen.page)
    for path in ("/thanks", "/sleep", "/nothing"):
        citizen.open(path + query)
        seen.append(citizen.page)
    citizen.open("/rate/" + "0" * 32 + "/topics" + query)
    assert '<html lang="vi"' in citizen.page  # nobody's rating: faces for whoever stands there now
    declined = Citizen(desk.app, query)
    declined.send("/decline")
    seen.append(declined.page)
    assert len(seen) >= 11 and find_foreign_words(desk.client.get("/").text, *names(centre)) != []
    for page in seen:
        assert f'<html lang="{code}"' in page
        assert find_foreign_words(page, *names(centre), "HL", "Chờ lâu") == [], page


@pytest.mark.parametrize("code", CODES)
def test_every_page_of_the_phone_speaks_the_language_alone(scene: tuple[Centre, Desk], code: str) -> None:
    centre, desk = scene
    translations.find_languages(centre.settings.instance / "languages")
    query, phone, other = f"?lang={code}", Phone(centre), Phone(centre)
    token = mint_slip(desk)
    seen = [phone.get(f"/r/{token}{query}")]
    address = phone.tap(token, 2, query)
    drawn = phone.get(address)
    while "<textarea" not in drawn.text:
        seen.append(drawn)
        drawn = phone.fill(drawn, {"topic": ["wait"], "A": "4"})
    late = phone.get(f"{address}&step=2")
    seen += [drawn, phone.fill(drawn, {"comment": ""})]
    seen += [phone.get(find_link(seen[-1], "/long?")), phone.fill(late, {"topic": ["wait"]})]
    seen.append(phone.get(f"/r/{token}{query}"))
    seen.append(other.get(address))
    seen += [other.get(f"/r/{token}{query}"), other.get(f"/r/{token}/again{query}"), other.get(f"/d/{DESK}{query}")]
    seen += [other.get(f"/{path}{query}") for path in (f"r/{token[:-5]}AAAAA", "d/NB-0", "c/", "c/" + "0" * 12, "n/x")]
    expired = mint_slip(desk)
    centre.clock = 60 * 86_400_000
    seen.append(other.get(f"/r/{expired}{query}"))
    centre.clock = 0
    assert len(seen) >= 13
    for answer in seen:
        assert f'<html lang="{code}"' in answer.text, answer.text[:400]
        assert find_foreign_words(answer.text, *names(centre), "HL") == [], answer.request.path


def test_a_language_that_was_withdrawn_is_gone_from_phone_and_tablet(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    translations.find_languages(centre.settings.instance / "languages")
    centre.start()
    with centre.database.write() as session:
        availability.withdraw_language(session, "eo", "tinh@nb.vn", 2)
    try:
        assert desk.sync(url=centre.url).reference
        phone = Phone(centre).get(f"/r/{mint_slip(desk)}?lang=eo")
        translations.find_languages()
        for answer in (phone, desk.client.get("/?lang=eo")):
            assert '<html lang="vi"' in answer.text and "⟦" not in answer.text
            assert "lang=cjm-x-test" in answer.text and "lang=eo" not in answer.text
    finally:
        translations.find_languages(centre.settings.instance / "languages")
        with centre.database.write() as session:
            availability.confirm_language(session, "eo", "tinh@nb.vn", 3)
        desk.sync(url=centre.url)
        centre.stop()


def test_a_desk_gets_recordings_in_offered_languages_alone(scene: tuple[Centre, Desk]) -> None:
    from kiosk.desk import reference

    with scene[1].database.read() as session:
        known = reference.read_reference(session)
    assert known is not None
    assert ("overall", "eo") in known.prompts and ("overall", "zzz") not in known.prompts
    assert set(known.catalogues) == set(CODES)
    # bytes as they travel, with every change
    assert len(zlib.compress(json.dumps(known.catalogues).encode())) < 16_000 * len(CODES)
