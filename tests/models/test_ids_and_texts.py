"""Ids, questionnaires, masking and typed words: their shapes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import ids, masking
from models.reference import instrument
from models.reference.localized_text import clean_typed_text
from models.vocabulary import Factor

DATA = Path(__file__).resolve().parents[2] / "admin" / "instruments" / "data"


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_ids_have_the_layout_of_uuid7_and_sort_by_time(ms: int, noise: int) -> None:
    import uuid

    id = ids.build_id(ms, noise)
    assert ids.is_id(id)
    parsed = uuid.UUID(id)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert int(id[:12], 16) == ms
    assert ids.build_id(min(ms + 1, 2**48 - 1), 0) >= id or ms == 2**48 - 1


def test_ids_are_not_repeated() -> None:
    assert len({ids.new_id() for _ in range(10_000)}) == 10_000


def load(name: str) -> instrument.Instrument:
    return instrument.parse(json.loads((DATA / name).read_text(encoding="utf-8")))


def test_the_short_form_is_whole_in_both_languages() -> None:
    short = load("short-1.json")
    assert [item.id for item in short.items] == ["overall", "A", "B", "C", "D", "E"]
    assert short.method == "top2.overall"
    assert len(short.topics) == 15 and len(short.first_topics) == 6
    assert {topic.factor for topic in short.topics} == set(Factor)
    for text in [item.text for item in short.items] + [topic.text for topic in short.topics]:
        assert text["vi"] and text["en"]
    assert [score for score, _ in short.scale] == [1, 2, 3, 4, 5]


def test_the_national_form_has_its_sixteen_items_in_five_factors() -> None:
    form = load("sipas23-1.json")
    sizes = {factor: sum(item.factor is factor for item in form.items) for factor in Factor}
    assert list(sizes.values()) == [3, 4, 3, 3, 3]
    assert form.method == "top2.mean_of_factors"
    assert form.item("SIPAS23-D1").text["vi"] == "Kết quả giải quyết thủ tục hành chính cho người dân được trả đúng hẹn"


@pytest.mark.parametrize(
    ("answers", "problem"),
    [({"overall": 5}, None), ({"overall": 6}, "bad_score"), ({"overall": 0}, "bad_score"), ({"A": 0}, None),
     ({"overall": True}, "bad_score"), ({"Z": 3}, "unknown_item")],
)  # fmt: skip
def test_answers_are_checked_against_the_form(answers: dict[str, int], problem: str | None) -> None:
    assert load("short-1.json").problem(answers) == problem


def test_a_document_that_lacks_something_is_refused() -> None:
    document = json.loads((DATA / "short-1.json").read_text(encoding="utf-8"))
    document["items"].append(document["items"][0])
    with pytest.raises(instrument.InstrumentError):
        instrument.parse(document)
    with pytest.raises(instrument.InstrumentError):
        instrument.parse({"id": "x"})


@pytest.mark.parametrize(
    "text", ["CCCD 037 199 001 234", "gọi 0912.345.678 nhé", "+84 912 345 678", "stk 1903-6789-0123-45", "a.b@mail.vn"]
)
def test_what_names_a_person_is_masked(text: str) -> None:
    masked = masking.mask_text(text)
    assert masking.MASK in masked and not any(part in masked for part in ("199", "345", "6789", "@"))


@pytest.mark.parametrize("text", ["ngày 14/10/2026", "chờ 45 phút", "phí 1.250.000 ₫", "quầy 3"])
def test_ordinary_numbers_stay(text: str) -> None:
    assert masking.mask_text(text) == text


def test_typed_words_keep_their_letters_and_lose_what_could_mislead() -> None:
    assert clean_typed_text(" Chờ\r\nla\u0302u\x00\u202e qua\u0301\u2066 ") == "Chờ\nlâu quá"
    assert clean_typed_text("=cmd\t") == "=cmd" and clean_typed_text("\x07\u202d") == ""
