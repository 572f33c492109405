"""Words of the desk's error pages: they ask the store for nothing, so they promise nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.error_catalogue.page_errors import PAGES, PAUSES
from kiosk.web.errors import LONGEST_ADDRESS
from models.errors import ErrorKind
from tests.fixtures.paired_desk import make_paired_app
from translations import use_locale

PROMISES = {"en": ("safe", "is lost", "are lost"), "vi": ("an toàn", "không mất", "còn nguyên")}


EVERY = [*PAGES.values(), *PAUSES.values()]


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: f"{fault.code}-{fault.status}")
def test_nothing_is_promised_of_a_store_that_nobody_asked(fault: ErrorKind) -> None:
    for locale, promises in PROMISES.items():
        with use_locale(locale):
            said = f"{fault.title} {fault.text}"
            assert not [words for words in promises if words in said]


def test_an_address_that_is_too_long_is_answered_414_and_not_repeated(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "desk")
    long, client = "x" * LONGEST_ADDRESS, app.test_client()
    for path in ("/", "/?lang=", "/staff?e=", "/nothing/", "/static/"):
        answer = client.get(path + long)
        assert answer.status_code == 414 and "HL-414" in answer.text and "Địa chỉ quá dài" in answer.text, path
        assert "x" * 100 not in answer.text + str(answer.headers)
        assert client.get(path + long[len(path) :]).status_code != 414
    said = client.get(f"/{long}", headers={"Accept": "application/json"}).json
    assert said is not None and said["error"]["code"] == "address_too_long"
    app.extensions["database"].close()
