"""Codes people read and type: dossier codes, the typed code under a QR, follow-up codes."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.protocol import crockford, dossier_code, follow_up_code, slip_typed_code

PUBLISHED = Path(__file__).parents[2] / "admin" / "statistics" / "figure_vectors.json"
VECTORS = json.loads(PUBLISHED.read_text(encoding="utf-8"))
KEY, OTHER = b"k" * 32, b"o" * 32
slips = st.tuples(
    st.integers(0, slip_typed_code.MAX_DEVICE), st.integers(1, 40), st.integers(0, slip_typed_code.MAX_SERIAL)
)


@pytest.mark.parametrize("text", VECTORS["dossier_ok"])
def test_dossier_codes_of_all_formats(text: str) -> None:
    code = dossier_code.parse(text)
    assert code.text == text and code.last_two == text[-2:] and code.agency == text.split("-")[0]
    assert code.day == datetime.datetime.strptime(text.split("-")[1], "%y%m%d").date()


@pytest.mark.parametrize("text", [*VECTORS["dossier_bad"], "", "H42", "H42-250701-0001 x", "H42-25070१-0001", "H" * 99])
def test_what_is_no_dossier_code(text: str) -> None:
    with pytest.raises(dossier_code.BadDossierCode):
        dossier_code.parse(text)


@pytest.mark.parametrize(("text", "plain"), VECTORS["dossier_normalise"])
def test_dossier_codes_are_read_as_people_write_them(text: str, plain: str) -> None:
    assert dossier_code.parse(f"  {text} ").text == plain
    assert dossier_code.make_reference(text, KEY) == dossier_code.make_reference(plain, KEY)


def test_formats_are_data_and_references_are_keyed() -> None:
    new = r"(?P<agency>VN\d{3})/(?P<day>\d{6})/\d+"
    assert dossier_code.parse("vn037/270101/12", [new]).agency == "VN037"
    with pytest.raises(dossier_code.BadDossierCode):
        dossier_code.parse("VN037/270101/12")
    one = dossier_code.make_reference("H42-250701-0001", KEY)
    assert len(one) == 32 and one != dossier_code.make_reference("H42-250701-0001", OTHER)
    assert one != dossier_code.make_reference("H42-250701-0002", KEY)


@given(slips)
def test_a_typed_code_says_what_it_was_made_of_and_is_proved_by_its_key(slip: tuple[int, int, int]) -> None:
    device, epoch, serial = slip
    code = slip_typed_code.make_typed_code(device, epoch, serial, KEY)
    assert len(code) == 16
    typed = slip_typed_code.parse(slip_typed_code.group_code(code).lower().replace("0", "o").replace("1", "l"))
    assert typed is not None and (typed.device, typed.serial) == (device, serial)
    assert slip_typed_code.is_genuine(typed, epoch, KEY)
    assert not slip_typed_code.is_genuine(typed, epoch, OTHER)
    assert not slip_typed_code.is_genuine(typed, epoch + 16, KEY) and not slip_typed_code.is_genuine(
        typed, epoch + 1, KEY
    )


def test_every_changed_character_is_refused() -> None:
    code = slip_typed_code.make_typed_code(42, 3, 77, KEY)
    others = [(at, other) for at in range(16) for other in crockford.ALPHABET if other != code[at]]
    changed = [code[:at] + other + code[at + 1 :] for at, other in others]
    read = [slip_typed_code.parse(text) for text in changed]
    assert len(read) == 16 * 31
    assert not any(typed is not None and slip_typed_code.is_genuine(typed, 3, KEY) for typed in read)


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "U" * 16, "٠" * 16, "0000 0000 0000 000!", "0" * 10_000])
def test_what_is_no_typed_code(text: str) -> None:
    assert slip_typed_code.parse(text) is None


def test_numbers_that_do_not_fit() -> None:
    for numbers in ((1 << 20, 1, 1), (1, 1, 1 << 20), (1, 0, 1)):
        with pytest.raises(slip_typed_code.NoTypedCode):
            slip_typed_code.make_typed_code(*numbers, KEY)


@given(st.text(max_size=30))
def test_follow_up_codes_are_read_however_they_are_typed(text: str) -> None:
    code = follow_up_code.new_code()
    assert follow_up_code.read_typed_code(follow_up_code.group_code(code).lower()) == code
    found = follow_up_code.read_typed_code(text)
    assert found is None or (len(found) == 12 and set(found) <= set(crockford.ALPHABET))
    digest = follow_up_code.digest_code(code)
    assert digest == follow_up_code.digest_code(code) != follow_up_code.digest_code(follow_up_code.new_code())
