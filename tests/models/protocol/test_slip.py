"""Tokens of slips: 31 bytes and a signature, every change and every other key refused."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import pytest

from models import clock
from models.keys import SigningKey
from models.protocol import slip, slip_typed_code
from models.protocol.slip import BadToken, Slip
from models.vocabulary import Stage
from tests.fixtures.mistyped_slip_tokens import ALPHABET

KEY = SigningKey(bytes(range(32)))
CENTRE = SigningKey(bytes(range(1, 33))).public
PAPER = Slip(42, 3, 77, 1288, bytes.fromhex("0123456789abcdef"), 9, Stage.RESULT, 29395215, 14)


def test_the_body_has_the_layout_of_the_protocol() -> None:
    assert PAPER.body().hex() == "010000002a030000004d000005080123456789abcdef00090301c0890f000e"
    assert len(PAPER.body()) == 31


def test_a_token_is_152_capitals_and_says_what_was_minted() -> None:
    token = slip.mint(PAPER, KEY, CENTRE)
    assert len(token) == 152 and set(token) <= set(ALPHABET)
    again, signature = slip.parse(token.lower())
    assert again == PAPER
    assert slip.is_genuine(again, signature, KEY.public, CENTRE)
    assert slip.url("https://danhgia.ninhbinh.gov.vn/", token) == f"HTTPS://DANHGIA.NINHBINH.GOV.VN/R/{token}"


def test_ten_thousand_slips_of_a_device_are_all_different_and_all_genuine() -> None:
    typed_key, other = bytes(range(32)), SigningKey(secrets.token_bytes(32)).public
    tokens, codes = set(), set()
    for serial in range(1, 10_001):
        made = dataclasses.replace(PAPER, serial=serial, seq=2 * serial, head=serial.to_bytes(8, "big"))
        token, code = (
            slip.mint(made, KEY, CENTRE),
            slip_typed_code.make_typed_code(made.device, made.epoch, serial, typed_key),
        )
        paper, signature = slip.parse(token)
        typed = slip_typed_code.parse(code)
        assert paper == made and slip.is_genuine(paper, signature, KEY.public, CENTRE)
        assert typed is not None and slip_typed_code.is_genuine(typed, made.epoch, typed_key)
        assert serial % 10 or not slip.is_genuine(paper, signature, other, CENTRE)
        tokens.add(token)
        codes.add(code)
    assert len(tokens) == len(codes) == 10_000


def test_every_changed_character_is_refused() -> None:
    token = slip.mint(PAPER, KEY, CENTRE)
    tried = 0
    for place in range(slip.LENGTH):
        for letter in set(ALPHABET) - {token[place]}:
            tried += 1
            try:
                paper, signature = slip.parse(token[:place] + letter + token[place + 1 :])
            except BadToken:
                continue
            assert not slip.is_genuine(paper, signature, KEY.public, CENTRE), (place, letter)
    assert tried == 152 * 31


def test_another_key_and_another_centre_are_refused() -> None:
    paper, signature = slip.parse(slip.mint(PAPER, KEY, CENTRE))
    other = SigningKey(secrets.token_bytes(32)).public
    assert not slip.is_genuine(paper, signature, other, CENTRE)
    assert not slip.is_genuine(paper, signature, KEY.public, other)


@pytest.mark.parametrize("token", ["", "A" * 151, "A" * 153, "1" * 152, "Ậ" * 152, "=cmd" * 38, "A" * 10_000_000])
def test_nonsense_is_not_a_token(token: str) -> None:
    with pytest.raises(BadToken):
        slip.parse(token)


def test_expiry_counts_from_the_due_date_with_a_day_of_tolerance() -> None:
    day = 86_400_000
    assert slip.find_last_valid_ms(PAPER.minted_ms, 14) == PAPER.minted_ms + (14 + 31) * day
    assert (
        slip.find_last_valid_ms(PAPER.minted_ms, None)
        == PAPER.minted_ms + 31 * day
        == slip.find_last_valid_ms(PAPER.minted_ms, 0)
    )


@pytest.mark.parametrize(
    "beyond", [{"serial": 2**31}, {"serial": 2**32 - 1}, {"seq": 2**31}, {"minute": 2**32 - 1},
               {"minute": clock.LAST_MS // 60_000 + 1, "due_days": None}, {"minute": clock.LAST_MS // 60_000}],
    ids=str,
)  # fmt: skip
def test_a_number_no_store_keeps_and_a_day_no_calendar_has_are_no_slip(beyond: dict[str, Any]) -> None:
    """Signed by a genuine device all the same."""
    with pytest.raises(BadToken):
        slip.parse(slip.mint(dataclasses.replace(PAPER, **beyond), KEY, CENTRE))


def test_the_largest_numbers_of_a_slip_are_taken_and_can_be_said_in_days() -> None:
    largest = dataclasses.replace(
        PAPER, serial=2**31 - 1, seq=2**31 - 1, minute=clock.LAST_MS // 60_000 - 65_534 * 1440, due_days=65_534
    )
    paper, _signature = slip.parse(slip.mint(largest, KEY, CENTRE))
    assert paper == largest and paper.due_ms is not None
    assert clock.local_day(paper.due_ms) == "9999-12-31"
