"""The note beside an agency's index: refused, joined and unproved answers, where there are some.

Few are told as "<5". In Vietnamese and English, and in the file of the page.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

from models.storage import bulk
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import SpentSlip
from tests.fixtures import tally_rows
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.centre_scene import NOW, CentreScene, open_centre

ALWAYS = 5
VIETNAMESE = {
    "máy ghi cho cơ quan hoặc quầy khác": "7", "máy ghi sang kênh khác": "<5",
    "phiếu QR không có trong sổ của máy": "<5",
    "phiếu QR chưa xác nhận được": "6", "ghép giữa các máy": "12", "có chi tiết bị bỏ qua": "5",
}  # fmt: skip
ENGLISH = {
    "written for another agency or desk": ("7", "not counted in the index"),
    "written for another channel": ("<5", "not counted in the index"),
    "QR slip not in its device's ledger": ("<5", "counted in the index"),
    "QR slip not confirmed yet": ("6", "counted in the index"),
    "joined across devices": ("12", ""),
    "a detail left out": ("5", ""),
}


def slips(scene: CentreScene, agency: str, first: int, recorded: list[bool | None]) -> None:
    """Slips of a desk that were answered for an agency, with what its ledger says of each."""
    with scene.database.write() as session:
        for number, is_recorded in enumerate(recorded, start=first):
            id = f"{number:032x}"
            session.add(SpentSlip(device_id="d-0001", epoch=1, serial=number, response_id=id, browser="", spent_ms=1,
                                  seq=1 if is_recorded is False else 9, minute=1, recorded=is_recorded))  # fmt: skip
            bulk.insert(session, StoredEntry, [{
                "device": "c-web-1", "epoch": 1, "seq": number, "rid": id, "typ": "rating", "bytes": b"",
                "h": str(number), "covered_ms": 1,
            }])  # fmt: skip
            session.add(make_response_row(id, "qr", 4, 1, device_id="c-web-1", seq=number, agency_key=agency))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("noted")) as scene:
        with scene.database.write() as session:
            for value, n, channel in (("foreign_agency", 4, "kiosk"), ("wrong_agency", 3, "kiosk"),
                                      ("wrong_channel", 2, "poster")):  # fmt: skip
                tally_rows.add_outcome(session, "SNV", f"not_counted:{value}", n, channel=channel)
            tally_rows.add_tally_row(session, "SNV", "_joined", "1", 12)
            tally_rows.add_tally_row(session, "SNV", "_ignored", "decider tie", 3)
            tally_rows.add_tally_row(session, "SNV", "_ignored", "tie", 2, channel="poster")
            tally_rows.add_outcome(session, "YM", "not_counted:foreign_agency", 60)
            session.add(Epoch(device_id="d-0001", epoch=1, vk="", certificate=b"", certificate_signature="", genesis="",
                              issued_ms=NOW, state="open", last_seq=5, last_h=""))  # fmt: skip
        slips(scene, "SNV", 1, [False, False, *[None] * 6, True])
        yield scene


def noted(page: str) -> dict[str, str]:
    """The note's words and numbers, in order."""
    (note,) = re.findall(r'<div class="besides">.*?</dl></div>', page, re.S)
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", note, re.S)
    return {words.replace("&#39;", "'"): n.replace("&lt;", "<") for words, n in pairs}


def test_an_agency_s_page_says_what_was_refused_and_what_is_not_proved(scene: CentreScene) -> None:
    notes = noted(scene.text("/agencies/SNV"))
    vietnamese = dict(list(notes.items())[ALWAYS:])
    assert vietnamese == {
        words + (" (vẫn tính)" if "phiếu QR" in words else ""): n for words, n in VIETNAMESE.items()
    }  # fmt: skip
    english = dict(list(noted(scene.text("/agencies/SNV?lang=en")).items())[ALWAYS:])
    assert english == {
        words + (" (counted)" if why == "counted in the index" else ""): n for words, (n, why) in ENGLISH.items()
    }  # fmt: skip


def test_the_file_says_the_same(scene: CentreScene) -> None:
    text = scene.get("/agencies/SNV.csv?lang=en").data.decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["Part"] == "Beside the index"]
    assert {row["Name"]: (row["Answers"], row["Remark"]) for row in rows[ALWAYS:]} == ENGLISH


def test_what_did_not_happen_is_not_said_and_nothing_beside_a_hidden_number(scene: CentreScene) -> None:
    assert len(noted(scene.text("/agencies/STC"))) == ALWAYS
    assert "besides" not in scene.text("/agencies/YM")
    with scene.database.write() as session:
        session.get_one(Device, "d-0001").state = "lost"
    after = noted(scene.text("/agencies/SNV"))
    assert (after["phiếu QR chưa xác nhận được (vẫn tính)"], len(after)) == ("8", ALWAYS + len(VIETNAMESE) - 1)
