"""Addresses that are too long: 414 in the words of whoever asked, and nobody repeats them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from admin.web.errors import LONGEST_ADDRESS
from tests.fixtures.centre_scene import CentreScene, open_centre

LONG = "x" * LONGEST_ADDRESS


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("long"), filled=False) as centre_scene:
        centre_scene.app.config["TESTING"] = False
        yield centre_scene


@pytest.mark.parametrize("path", ["/r/", "/m?code=", "/v/", "/nothing/", "/agencies?q=", "/%E1%BA%BF/", "/static/"])
@pytest.mark.parametrize("email", [None, "province@nb.vn"])
def test_it_is_answered_414_and_not_repeated(scene: CentreScene, path: str, email: str | None) -> None:
    client = scene.client(email)
    answer = client.get(path + LONG)
    assert answer.status_code == 414 and "HL-414" in answer.text and "Địa chỉ quá dài" in answer.text
    assert LONG not in answer.text and len(answer.data) < 20_000 and "x" * 100 not in str(answer.headers)
    assert client.get(path + LONG[len(path) + 60 :]).status_code != 414


def test_a_citizen_is_told_what_is_safe_and_a_program_the_code(scene: CentreScene) -> None:
    page = scene.client().get(f"/r/{LONG}").text
    assert "những gì đã gửi trước đó vẫn giữ nguyên. Xin quét lại mã QR trên phiếu" in page
    assert "It was not read; what was sent before stays" in scene.client().get(f"/r/{LONG}?lang=en").text
    answer = scene.client().get(f"/api/v1/index?q={LONG}")
    assert answer.status_code == 414 and answer.json is not None and answer.json["error"]["code"] == "address_too_long"


def test_staff_are_told_where_to_go_on(scene: CentreScene) -> None:
    assert "không có gì bị thay đổi. Xin bắt đầu lại từ trang đầu" in scene.client("province@nb.vn").get(
        f"/agencies?q={LONG}"
    ).text
