"""Codes as people type and pass them on: signs of every kind, words around them, input methods."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.protocol import crockford, follow_up_code, slip_typed_code, vietnamese_typing
from tests.fixtures.typing_methods import Keyboard

CODE, LONG = "R8XD3WQK5T7M", "7K2M9QXT4ADW0ES1"
codes = st.text(crockford.ALPHABET, min_size=12, max_size=12) | st.text(crockford.ALPHABET, min_size=16, max_size=16)


def grouped(code: str, sign: str = " ") -> str:
    return sign.join(code[at : at + 4] for at in range(0, len(code), 4))


@pytest.mark.parametrize(
    "text",
    [
        "r8xd 3wqk 5t7m", "R8XD-3WQK-5T7M", "R8XD–3WQK—5T7M",
        "R8XD‑3WQK−5T7M", "R8XD.3WQK.5T7M", "R8XD·3WQK•5T7M",
        "R8XD\u00a03WQK\u20095T7M", "R8XD\u202f3WQK\u30005T7M", "R8XD\u00ad3WQK\u200b5T7M\ufeff", "R8XD\r\n3WQK\n5T7M",
        "Ｒ８ＸＤ　３ＷＱＫ　５Ｔ７Ｍ",
        "“R8XD 3WQK 5T7M”", "«R8XD 3WQK 5T7M».", "(R8XD 3WQK 5T7M)…", "'R8XD 3WQK 5T7M'!",
        "Mã: R8XD 3WQK 5T7M", "mã theo dõi R8XD 3WQK 5T7M.", "MÃ THEO DÕI: R8XD 3WQK 5T7M", "Mã theo dõi：R8XD3WQK5T7M",
        "Ma theo do\u0303i: R8XD 3WQK 5T7M", "Follow-up code: R8XD 3WQK 5T7M", "code R8XD_3WQK_5T7M;",
        "Mã theo dõi của Ông/Bà là R8XD 3WQK 5T7M", "R8XD 3WQK 5T7M (mã theo dõi)", "R8XD/3WQK/5T7M", "R8XD+3WQK+5T7M",
    ],
)  # fmt: skip
def test_what_people_write_around_a_code_changes_nothing(text: str) -> None:
    assert follow_up_code.read_typed_code(text) == CODE and follow_up_code.list_possible_codes(text) == [CODE]


@pytest.mark.parametrize(
    "text",
    [
        "UBND xã Yên Mô: mã theo dõi {}. Xin cảm ơn Ông/Bà!", "Kính gửi Ông/Bà, mã là {}, hết hạn 30/12/2026.",
        "Your code is {}. Thank you", "Code: {} (12 characters)", "The code on your slip: {}", "<b>{}</b>",
        "[16:20, 30/11/2026] Lan: {}", "{} ạ", "Em gửi anh mã {} nhé", "Mã 12 ký tự: {}",
        "{}\nGửi từ iPhone của tôi", "Mã {}, tra tại https://hailong.vn/c/",
    ],
)  # fmt: skip
def test_a_code_is_found_in_a_whole_message_that_was_pasted(text: str) -> None:
    for code in ("R8XD 3WQK 5T7M", "R8XD3WQK5T7M", "r8xd-3wqk-5t7m"):
        assert follow_up_code.list_possible_codes(text.format(code)) == [CODE], text
    assert crockford.read_typed_code(text.format(grouped(LONG)), 16) == LONG
    assert follow_up_code.read_typed_code(text.format(grouped(LONG))) is None  # part of another kind of code is none


def test_of_several_codes_in_a_message_none_is_believed() -> None:
    assert follow_up_code.read_typed_code("mã R8XD 3WQK 5T7M và mã R8XD 3WQK 5T7N") is None
    assert follow_up_code.read_typed_code("cho anh R8XD 3WQK") is None


def test_letters_that_are_read_for_digits_are_those_digits() -> None:
    assert follow_up_code.read_typed_code("OoIi LlOO 1100") == "001111001100"
    assert crockford.read_typed_code("mã phiếu: 7k2m 9qxt 4adw oesl", 16) == LONG
    for text in ("", "x", CODE[:-1], CODE + "0", "U" * 12, "٠" * 12, "R8XD 3WQK 5T7Ñ", "字" * 12, "A" * 10**6):
        assert follow_up_code.read_typed_code(text) is None, text


def test_a_word_before_the_code_is_only_left_out_where_a_whole_code_stays() -> None:
    assert follow_up_code.read_typed_code("C0DE 3WQK 5T7M") == "C0DE3WQK5T7M"
    assert follow_up_code.read_typed_code("code 3wqk 5t7m") == "C0DE3WQK5T7M"  # O is 0: twelve signs are a code
    assert follow_up_code.read_typed_code("code 3wqk 5t7m r8xd") == "3WQK5T7MR8XD"


@pytest.mark.parametrize(
    ("shown", "pressed"),
    [
        ("Đ", "DD"), ("Á", "AS"), ("Ư", "W"), ("Â", "AA"), ("ĂK", "AWK"), ("ÔK", "00K"), ("Ớ", "0WS"), ("Ế", "EES"),
        ("TÂN", "TANA"), ("Á", "A1"), ("Đ", "D9"), ("Ă", "A8"), ("Ệ", "E65"), ("ĐẤ", "DAADS"), ("À", "ASF"),
        ("AS", "ASS"), ("a\u0302\u0301", "ASA"), ("ÝK", "YKS"), ("đ", "DD"),
    ],
)  # fmt: skip
def test_marks_are_read_back_as_the_keys_that_make_them(shown: str, pressed: str) -> None:
    rest = "0" * (12 - len(pressed))
    assert pressed + rest in vietnamese_typing.list_possible_codes(f"{shown} {rest}", 12)
    assert vietnamese_typing.shows_input_method(f"mã theo dõi {shown}{rest}") == (shown != "AS")
    assert not vietnamese_typing.shows_input_method(f"mã theo dõi {pressed}{rest}")


def test_a_letter_that_stands_once_was_pressed_twice_only_where_that_leaves_it_once() -> None:
    """Telex makes W of WW. A vowel with a tone says that an input method was on."""
    rest = "0" * 8
    assert "WWAS" + rest in vietnamese_typing.list_possible_codes(f"WÁ {rest}", 12)
    assert "KWAS" + rest not in vietnamese_typing.list_possible_codes(f"KÁ {rest}", 12)
    assert "WWA1" + rest not in vietnamese_typing.list_possible_codes(f"WÁ {rest}", 12)  # no key of VNI's


@settings(max_examples=400)
@given(codes, st.sampled_from(["telex", "vni"]), st.booleans())
@example("ASFR000000AA", "telex", False)
@example("DDWAAEEWASXJ", "telex", True)
@example("A1E6D9Y50000", "vni", False)
def test_a_code_typed_with_an_input_method_on_is_among_its_readings(code: str, method: str, late: bool) -> None:
    keyboard = Keyboard(method, late)
    shown = keyboard.type(grouped(code).lower())
    found = vietnamese_typing.list_possible_codes(shown, len(code))
    assert len(found) <= vietnamese_typing.MOST
    if not keyboard.lost:  # every key shows
        assert code in found, shown
    if shown.upper() == grouped(code):
        assert found == [code]


@given(st.text(max_size=40) | st.text("ÁẬĐƯẾỲAEDWSFRXJ12345 -.", max_size=20), st.sampled_from([12, 16]))
def test_every_reading_is_a_code_and_a_plain_one_has_no_other(text: str, length: int) -> None:
    found = vietnamese_typing.list_possible_codes(text, length)
    assert len(found) <= vietnamese_typing.MOST and len(set(found)) == len(found)
    assert all(len(code) == length and set(code) <= set(crockford.ALPHABET) for code in found)
    plain = crockford.read_typed_code(text, length)
    assert found == [plain] if plain else True


def test_reading_takes_a_bounded_time_for_whatever_is_sent() -> None:
    """The dearest texts there are; an unbounded search would not come to its end."""
    for text in (
        "Ấ" * 5 + "B", "Đ" * 8, "ÁÀẢÃẠÉÈẺ", "Ư" * 16, "ẴẶ" * 10_000, "a\u0301\u0302" * 100, "ÁE" * 7, "MÃ " * 99,
    ):  # fmt: skip
        for length in (12, 16):
            assert len(vietnamese_typing.list_possible_codes(text, length)) <= vietnamese_typing.MOST


def test_a_typed_slip_code_is_found_by_its_check_alone() -> None:
    key = b"k" * 32
    for serial in range(200):
        code = slip_typed_code.make_typed_code(42, 3, serial, key)
        keyboard = Keyboard("telex")
        shown = keyboard.type(slip_typed_code.group_code(code))
        right = [
            one for one in slip_typed_code.list_possible_readings(shown) if slip_typed_code.is_genuine(one, 3, key)
        ]
        assert keyboard.lost or [one.serial for one in right] == [serial], shown
