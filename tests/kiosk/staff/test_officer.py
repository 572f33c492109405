"""The officer's page: subjects of the next ratings, slips, counts above a minimum; never a rating.

The minimum protects privacy.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from kiosk.desk import rating_context as now_serving
from kiosk.staff import officer_page
from models.clock import Moment, day_start
from models.protocol import dossier_code, slip
from models.tables.desk_store import MintedSlip, WaitingSidecar
from models.vocabulary import Stage
from tests.fixtures import qr_reader
from tests.fixtures.desk_staff_scene import NOON, StaffScene, enter_pin, press_button, read_page_text, read_seal
from tests.fixtures.maintenance_acts import find_duty, list_maintenance_acts
from tests.fixtures.paired_desk import change_reference, leave_alone, read_payloads


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk", waiting=0)
    yield made
    made.store.close()


@pytest.fixture
def client(scene: StaffScene) -> FlaskClient:
    signed_in = scene.app.test_client()
    assert enter_pin(signed_in, "/officer").location == "/officer"
    return signed_in


def serving(scene: StaffScene) -> tuple[str | None, str | None]:
    with scene.store.read() as session:
        now = now_serving.read_context(session, scene.at)
    return now.procedure, now.stage.value if now.stage else None


def minted(scene: StaffScene) -> list[slip.Slip]:
    with scene.store.read() as session:
        rows = session.query(MintedSlip).order_by(MintedSlip.serial).all()
        return [slip.parse(row.token)[0] for row in rows]


def rated(scene: StaffScene) -> None:
    """One citizen at the tablet."""
    tablet = scene.app.test_client()
    page = tablet.get("/").get_data(as_text=True)
    fields = dict(re.findall(r'name="(id|seal)" type="hidden" value="([^"]*)"', page))
    assert tablet.post("/rate", data={**fields, "score": "4"}).status_code == 303
    leave_alone(scene.app)


def test_its_door_is_its_own(scene: StaffScene, client: FlaskClient) -> None:
    assert find_duty(scene, client) == "officer"
    assert list_maintenance_acts(scene)[-1] == {"act": "sign_in", "at": "officer"}
    assert "Mời nhập mã PIN" in read_page_text(client.get("/staff"))  # the staff page asks again
    stranger = scene.app.test_client()
    assert "Mời nhập mã PIN" in read_page_text(stranger.get("/officer"))
    assert stranger.get("/officer/slip/1.png").status_code == 404
    assert stranger.post("/officer/serving", data={"seal": read_seal(client.get("/officer"))}).location == "/officer"


def test_an_officer_neither_opens_nor_sends_a_rating(scene: StaffScene, client: FlaskClient) -> None:
    fields = dict(
        re.findall(r'name="(id|seal)" type="hidden" value="([^"]*)"',
                   scene.app.test_client().get("/").get_data(as_text=True))
    )  # fmt: skip
    assert client.get("/").status_code == 403
    assert client.post("/rate", data={**fields, "score": "5"}).status_code == 403
    assert read_payloads(scene.app) == []
    client.post("/officer/lock")
    assert client.get("/").status_code == 200


def test_the_next_ratings_carry_what_was_set_until_the_day_ends(scene: StaffScene, client: FlaskClient) -> None:
    rated(scene)
    shown = press_button(client, "serving", "/officer", procedure="1.001193", stage="result")
    assert "Đã áp dụng" in read_page_text(
        shown
    ) and "Đang đặt: 1.001193 · Đăng ký khai sinh · Nhận kết quả" in read_page_text(shown)
    rated(scene)
    press_button(client, "serving", "/officer", procedure="", stage="guidance")
    rated(scene)
    assert [(p.get("procedure"), p.get("stage")) for p in read_payloads(scene.app)] == [
        (None, None), ("1.001193", "result"), (None, "guidance"),
    ]  # fmt: skip
    scene.at = Moment(day_start("2026-10-15"), scene.at.mono + 60_000)
    assert serving(scene) == (None, None)


@pytest.mark.parametrize("procedure", ["9.999999", "1.001193'--", "x" * 300], ids=["unknown", "quote", "long"])
def test_a_procedure_nobody_knows_changes_nothing(scene: StaffScene, client: FlaskClient, procedure: str) -> None:
    press_button(client, "serving", "/officer", procedure="1.001193", stage="result")
    assert "Không có gì thay đổi" in read_page_text(
        press_button(client, "serving", "/officer", procedure=procedure, stage="result")
    )
    assert "Không có gì thay đổi" in read_page_text(
        press_button(client, "slip", "/officer", procedure=procedure, stage="result")
    )
    assert serving(scene) == ("1.001193", "result") and minted(scene) == []


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("", 7), ("khai sinh", 2), ("KHAI SINH lai", 1), ("dang ky dat", 1), ("chứng thực", 2), ("1.0006", 0),
        ("2.000", 2), ("<b>", 0),
    ],
)  # fmt: skip
def test_searching_without_script(client: FlaskClient, asked: str, codes: int) -> None:
    page = client.get("/officer", query_string={"q": asked}).get_data(as_text=True)
    assert len(re.findall(r'name="procedure" value="[^"]', page)) == codes
    assert "<b></b>" not in page and (codes > 0 or "Không có thủ tục nào chứa các từ này" in page)


def test_a_slip_carries_what_was_chosen(scene: StaffScene, client: FlaskClient) -> None:
    page = press_button(client, "slip", "/officer", procedure="1.000894", stage="submission", due="2026-11-30")
    assert page.request.path == "/officer/slip/1"
    assert "1.000894 Đăng ký kết hôn · Nộp hồ sơ · hẹn trả 30/11/2026" in read_page_text(page)
    (made,) = minted(scene)
    assert (made.procedure, made.stage.value, made.due_days) == (2, "submission", 47)
    for paper, width in (("80", 576), ("58", 384), ("a5", 1039), ("a4", 2480), ("nonsense", 576)):
        picture = client.get(f"/officer/slip/1.png?paper={paper}")
        assert picture.mimetype == "image/png" and picture.headers["Cache-Control"] == "no-store"
        image = Image.open(io.BytesIO(picture.data))
        assert image.width == width
        (code,) = qr_reader.read_qr_codes(image)
        assert code.text.startswith("HTTPS://DANHGIA.EXAMPLE/R/")
    drawing = client.get("/officer/slip/1.svg")
    assert drawing.mimetype == "image/svg+xml" and drawing.data.startswith(b"<svg")


def test_vietnamese_days_are_read_and_impossible_ones_refused(scene: StaffScene, client: FlaskClient) -> None:
    press_button(client, "slip", "/officer", stage="result", due="14/10/2026")
    assert minted(scene)[0].due_days == 0
    for due in ("2026-10-13", "31/02/2026", "tomorrow", "9999-12-31"):
        assert "Chưa tạo phiếu nào" in read_page_text(press_button(client, "slip", "/officer", stage="result", due=due))
    assert "Hãy chọn giai đoạn" in read_page_text(press_button(client, "slip", "/officer", stage="", due=""))
    assert len(minted(scene)) == 1


@pytest.mark.parametrize("due", ["16/10/2026", "16.10.26", "16-10-2026", "16 10 2026", "2026-10-16"])
def test_a_day_is_typed_as_people_write_it(scene: StaffScene, client: FlaskClient, due: str) -> None:
    page = client.get("/officer").get_data(as_text=True)
    assert 'placeholder="ngày/tháng/năm"' in page and 'type="date"' not in page
    press_button(client, "slip", "/officer", stage="result", due=due)
    assert minted(scene)[-1].due_days == 2


MONTH_KEY = "a7" * 32
DOSSIER = "H42.14-261014-0001"


def ties(scene: StaffScene) -> list[tuple[str, str]]:
    """What waits to be sent of dossiers: entry and value."""
    with scene.store.read() as session:
        return [(row.id, row.value) for row in session.query(WaitingSidecar).filter_by(kind="r").order_by("seq")]


def test_a_dossier_named_at_the_desk_ties_the_slip_and_the_next_rating_alone(
    scene: StaffScene, client: FlaskClient
) -> None:
    change_reference(scene.app, lambda value: value.update(dossier_keys={"2026-10": MONTH_KEY, "2026-09": "b1" * 32}))
    named = dossier_code.make_month_references(DOSSIER, {"2026-10": MONTH_KEY, "2026-09": "b1" * 32}, "2026-10")
    text_of = dossier_code.make_transaction_name(named, Stage.RESULT)
    press_button(client, "slip", "/officer", stage="result", dossier=" h42.14–261014-0001 ")
    assert [value for _id, value in ties(scene)] == [text_of]
    shown = press_button(client, "serving", "/officer", procedure="1.001193", stage="result", dossier=DOSSIER)
    assert "lượt đánh giá kế tiếp là của hồ sơ vừa nhập" in read_page_text(shown) and DOSSIER not in shown.get_data(
        as_text=True
    )
    rated(scene)
    rated(scene)
    first, second = read_payloads(scene.app)
    assert [value for _id, value in ties(scene)] == [text_of, text_of]
    assert "r" in first and "r" not in second and first["stage"] == second["stage"] == "result"
    assert "vừa nhập" not in read_page_text(client.get("/officer"))
    folder = scene.app.extensions["settings"].instance
    everything = b"".join(path.read_bytes() for path in folder.glob("kiosk.sqlite*"))
    assert DOSSIER.encode() not in everything and b"-0001" not in everything


def test_a_dossier_that_nobody_rated_waits_a_quarter_of_an_hour(scene: StaffScene, client: FlaskClient) -> None:
    change_reference(scene.app, lambda value: value.update(dossier_keys={"2026-10": MONTH_KEY}))
    press_button(client, "serving", "/officer", stage="result", dossier=DOSSIER)
    scene.wait(15 * 60)
    rated(scene)
    press_button(client, "serving", "/officer", stage="result", dossier=DOSSIER)
    press_button(client, "serving", "/officer", stage="result")  # the next citizen is being served
    rated(scene)
    assert ties(scene) == [] and all("r" not in p for p in read_payloads(scene.app))


@pytest.mark.parametrize(
    ("typed", "keys", "said"),
    [
        ("H42-261332-0001", {"2026-10": MONTH_KEY}, "không đúng định dạng nào đã biết"),
        ("12345", {"2026-10": MONTH_KEY}, "không đúng định dạng nào đã biết"),
        (DOSSIER, {}, "Chưa nhận được khóa"),
    ],
    ids=["no day", "no code", "no key"],
)
def test_a_dossier_code_that_cannot_be_used_is_said_and_nothing_is_done(
    scene: StaffScene, client: FlaskClient, typed: str, keys: dict[str, str], said: str
) -> None:
    change_reference(scene.app, lambda value: value.update(dossier_keys=keys))
    for act in ("serving", "slip"):
        page = press_button(client, act, "/officer", procedure="1.001193", stage="result", dossier=typed)
        assert said in read_page_text(page) and 'aria-invalid="true"' in page.get_data(as_text=True)
    assert serving(scene) == (None, None) and minted(scene) == [] and ties(scene) == []


def test_the_province_says_what_a_dossier_code_looks_like(scene: StaffScene, client: FlaskClient) -> None:
    change_reference(scene.app, lambda value: value.update(
        dossier_keys={"2026-10": MONTH_KEY}, dossier_patterns=[r"(?P<agency>VN\d+)/(?P<day>\d{6})/\d+"]
    ))  # fmt: skip
    press_button(client, "slip", "/officer", stage="result", dossier="VN37/261014/5")
    assert len(ties(scene)) == 1
    assert "không đúng định dạng" in read_page_text(
        press_button(client, "slip", "/officer", stage="result", dossier=DOSSIER)
    )


def test_only_the_last_slip_is_shown_again(scene: StaffScene, client: FlaskClient) -> None:
    for _ in range(2):
        press_button(client, "slip", "/officer", stage="result")
    assert client.get("/officer/slip/1").location == "/officer"
    assert client.get("/officer/slip/1.png").status_code == client.get("/officer/slip/1.svg").status_code == 404
    assert client.get("/officer/slip/2").status_code == 200
    client.post("/officer/lock")
    assert client.get("/officer/slip/2.png").status_code == 404


def test_no_slip_without_seal_or_by_get(scene: StaffScene, client: FlaskClient) -> None:
    for values in ({}, {"seal": "0" * 32}):
        client.post("/officer/slip", data={"stage": "result", **values})
    seal = read_seal(client.get("/officer"))
    client.post("/officer/slip", data={"stage": "result", "seal": seal}, headers={"Origin": "http://evil.example"})
    assert client.get("/officer/slip?stage=result").status_code in (404, 405)
    assert minted(scene) == []


def test_counts_only_from_thirty_on_and_never_a_score(scene: StaffScene, client: FlaskClient) -> None:
    midnight = day_start("2026-10-14")
    scene.rate(40, midnight - 3_600_000)  # yesterday
    scene.rate(29, midnight + 3_600_000)
    scene.rate(5, NOON - 5_000, answers=[["overall", 1]], drill=True)
    scene.rate(5, NOON - 5_000, answers=[])  # did not want to
    press_button(client, "slip", "/officer", stage="result")
    shown = read_page_text(client.get("/officer"))
    assert "Chưa đủ 30 phiếu để hiện" in shown and "Phiếu QR đã tạo" not in shown
    scene.rate(1, NOON - 1_000, answers=[["overall", 2]])
    shown = read_page_text(client.get("/officer"))
    assert "Phiếu đánh giá trên máy 30 Phiếu QR đã tạo 1 " in shown
    with scene.store.read() as session:
        assert officer_page.count_today(session, scene.at) == (30, 1)


def test_the_session_ends_with_the_day(scene: StaffScene, client: FlaskClient) -> None:
    scene.wait(7 * 3600)
    assert find_duty(scene, client) == "officer"
    scene.wait(3600)
    assert find_duty(scene, client) is None and "Mời nhập mã PIN" in read_page_text(client.get("/officer"))
