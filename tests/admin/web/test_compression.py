"""Compression: style sheets go out small to browsers that take it; pages, with their seals, never."""

from __future__ import annotations

import gzip

import pytest

from tests.fixtures.centre_and_desk import Centre

SHEET = "/static/survey/survey.css"


@pytest.mark.parametrize("address", [SHEET, "/tokens.css"])
def test_a_style_sheet_is_sent_small_and_is_the_same(centre: Centre, address: str) -> None:
    client = centre.app.test_client()
    plain = client.get(address)
    small = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert small.headers["Content-Encoding"] == "gzip" and gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in small.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]})
    assert again.status_code == 304 and not again.data


def test_a_page_is_never_compressed(centre: Centre) -> None:
    page = centre.app.test_client().get("/m", headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200 and "Content-Encoding" not in page.headers
