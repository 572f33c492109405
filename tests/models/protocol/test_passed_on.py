"""Addresses as they arrive after people and programs passed them on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.protocol import mangled_address

TOKEN = "AEAAAAAB" * 19
NOTE = "AIAAAAAB" * 18
SEALED = f"7K2M9QXT4ADW0ES1.3.d-0042.{'0f' * 16}"
#: What is found behind an address, and between its signs.
ENDINGS = [
    ".", ",", ";", ":", "!", "?", ")", "]", "}", ">", '"', "'", "»", "…", "“", "”", "’", "*", "_", "|", "%20", "%2520",
    "%E2%80%8B", "\u00a0", "&nbsp;", "&quot;", "&gt;", "%22", "%3E", "%29", "/", "//", "/.", ").", "\u3002", "\uff01",
    "\u200b", "\ufeff", "\u2060",
    " xem giúp em", "&fbclid=IwAR0x", "%0A", "\r\n",
]  # fmt: skip


@pytest.mark.parametrize("end", ENDINGS)
def test_what_stands_behind_an_address_is_not_of_it(end: str) -> None:
    for right in (f"/r/{TOKEN}", f"/n/{NOTE}", f"/r/{TOKEN}.result", f"/r/{SEALED}", f"/r/{TOKEN}/again", "/m"):
        assert mangled_address.repair_path(right + end) == right, right
    if not end[-1].isalnum() or end.startswith("%"):  # words are told from a desk's or a code's name by the look-up
        for right in ("/d/NB-14701-Q1", "/d/NB-14701-Q1/more", "/v/0A1B-2C3D-4E5F"):
            assert mangled_address.repair_path(right + end) == right, right


@pytest.mark.parametrize("page", ["more", "sent", "again", "long", "mine", "words"])
def test_the_pages_behind_an_answer_s_first_one_are_reached(page: str) -> None:
    assert mangled_address.repair_path(f"/r/{TOKEN}/{page}") == f"/r/{TOKEN}/{page}"
    of_desk = f"/d/NB-14701-Q1/{page}" if page in ("more", "sent", "words") else "/d/NB-14701-Q1"
    assert mangled_address.repair_path(f"/d/NB-14701-Q1/{page}") == of_desk


@pytest.mark.parametrize("begin", ["//", "/", "/ ", "/%20", "///"])
def test_slashes_and_capitals_say_nothing(begin: str) -> None:
    for kind, value in (("r", TOKEN), ("n", NOTE), ("d", "NB-14701-Q1"), ("v", "0A1B-2C3D-4E5F")):
        for letter in (kind, kind.upper()):
            assert mangled_address.repair_path(f"{begin}{letter}//{value}") == f"/{kind}/{value}"
    assert mangled_address.repair_path(f"{begin}M/") == "/m" and mangled_address.repair_path(f"{begin}C") == "/c/"
    assert mangled_address.repair_path(f"{begin}R/{TOKEN.lower()}/") == f"/r/{TOKEN}"


@pytest.mark.parametrize("sign", [" ", "\n", "\r\n", "-", "- ", "=\n", "\u00ad", "\u200b", "%20", "%0A", "\u00a0"])
@pytest.mark.parametrize("at", [1, 64, 76, 150])
def test_a_token_that_was_broken_over_lines_is_one_again(sign: str, at: int) -> None:
    assert mangled_address.repair_path(f"/r/{TOKEN[:at]}{sign}{TOKEN[at:]}") == f"/r/{TOKEN}"


def test_an_address_is_found_in_what_was_pasted() -> None:
    for text in (
        f"https://hailong.tinh.gov.vn/r/{TOKEN}", f"HTTPS://HAILONG.TINH.GOV.VN/R/{TOKEN}.", f"hailong.vn/r/{TOKEN}",
        f"Mời Ông/Bà đánh giá tại http://127.0.0.1:8000/r/{TOKEN}?zarsrc=30&utm_source=zalo nhé", f"/r/{TOKEN}",
        f"(https://a.vn/x/r/{TOKEN})", f"r/{TOKEN}", f"Đây ạ: R/{TOKEN}", f"viber://forward?text=https://a.vn/r/{TOKEN}",
        f"https://l.facebook.com/l.php?u=https%3A%2F%2Fa.vn%2Fr%2F{TOKEN}%3Ffbclid%3Dx&h=AT0", TOKEN,
        f" {TOKEN.lower()}\n",
        f"https://apc01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.vn%2FR%2F{TOKEN}&data=05%7C01",
        f"https://www.google.com/url?q=https://a.vn/r/{TOKEN}&sa=D", f"Ngày 12/c/2026: https://a.vn/r/{TOKEN}",
        f"https://zalo.me/r/abc https://a.vn/r/{TOKEN}", f"> https://a.vn/r/{TOKEN[:70]}\r\n> {TOKEN[70:]}",
    ):  # fmt: skip
        assert mangled_address.find_path(text) == f"/r/{TOKEN}", text
    assert mangled_address.find_path("https://a.vn/C/R8XD3WQK5T7M") == "/c/R8XD3WQK5T7M"
    assert mangled_address.find_path("https://a.vn/d/NB-14701-Q1.") == "/d/NB-14701-Q1"
    assert mangled_address.find_path(f"https://a.vn/?u=/n/{NOTE}") == mangled_address.find_path(NOTE) == f"/n/{NOTE}"
    assert mangled_address.find_path("Xem https://a.vn/V/0A1B-2C3D-4E5F.") == "/v/0A1B-2C3D-4E5F"
    assert mangled_address.find_path("Mã R8XD 3WQK 5T7M, tra tại https://a.vn/c/") is None  # the code says more
    for text in ("7K2M 9QXT 4ADW 0ES1", "7K2M/9QXT/4ADW/0ES1", "", "Ông/Bà", "R/C", "a/b/c", "https://a.vn/"):
        assert mangled_address.find_path(text) is None, text


@pytest.mark.parametrize("before", ["/https://a.vn/r/", "/<https://a.vn/r/", "/", "/%3Chttps:%2F%2Fa.vn%2Fr%2F"])
def test_an_address_in_an_address_is_found(before: str) -> None:
    assert mangled_address.repair_path(before + TOKEN) == f"/r/{TOKEN}"
    assert mangled_address.repair_path("/d/NB–14701‑Q1") == "/d/NB-14701-Q1"
    assert (
        mangled_address.repair_path("/V/")
        == mangled_address.repair_path("/v")
        == mangled_address.repair_path("/v/.")
        == "/v/"
    )


def test_what_was_cut_is_told_from_what_is_none() -> None:
    assert (
        mangled_address.is_cut("r", TOKEN[:-1])
        and mangled_address.is_cut("r", TOKEN[:9].lower())
        and mangled_address.is_cut("n", "A")
    )
    assert not any(mangled_address.is_cut("r", text) for text in (TOKEN, "", TOKEN[:40] + "1", "xin-chào", SEALED))
    assert mangled_address.repair_path(f"/r/{TOKEN[:100]}…") == f"/r/{TOKEN[:100]}"
    assert (
        mangled_address.is_tracker("utm_Source")
        and mangled_address.is_tracker("fbclid")
        and not mangled_address.is_tracker("lang")
    )


@pytest.mark.parametrize("asked", ["", "/", "/agencies/NB", "/r", "/r/", "/x/y", "/rr/a", "/static/survey.css", "/..."])
def test_other_addresses_are_none_of_a_citizen_s(asked: str) -> None:
    assert mangled_address.repair_path(asked) is None


@given(st.text(max_size=60) | st.builds("/{}/{}".format, st.sampled_from("rndcvmRX"), st.text(max_size=40)))
def test_whatever_is_asked_for_what_is_meant_means_itself(asked: str) -> None:
    meant = mangled_address.repair_path(asked)
    assert meant is None or (meant.startswith("/") and not meant.startswith("//"))
    if meant is not None and mangled_address.repair_path(meant) is not None:
        assert mangled_address.repair_path(mangled_address.repair_path(meant) or "") == mangled_address.repair_path(
            meant
        )
