"""The shapes of openings by their kind: whatever a device writes is judged, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.instruments import companion_questions
from models.protocol import dossier_code, province_only_answers, sidecar
from models.protocol.canonical import NotCanonical
from models.vocabulary import Stage

A, B = "a" * 32, "b" * 32
#: Months as a desk that was never told to forget one would know them.
MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


@pytest.mark.parametrize(
    "text",
    [
        f"2025-10={A},2025-11={A}:result",
        f"2025-10={A},2025-10={B}:result",
        f"{A},{B}:result",
        f"1000-01={A}:result",
        f"9999-12={A}:result",
        f"2025-00={A}:result",
        f"2025-13={A}:result",
        f"٢٠٢٥-10={A}:result",
        ",".join(f"{month}={number:032x}" for number, month in enumerate(MONTHS[:9])) + ":result",
        ",".join(f"20{n // 12:02}-{n % 12 + 1:02}={n:032x}" for n in range(185)) + ":result",
        "," * 8000,
        f"{A}\n:result",
    ],
    ids=lambda text: text[:24],
)
def test_a_text_that_no_desk_writes_names_no_dossier(text: str) -> None:
    assert dossier_code.parse_transaction_name(text) is None


def test_as_many_months_as_are_written_are_read() -> None:
    keys = {month: f"{number:064x}" for number, month in enumerate(MONTHS, 1)}
    named = dossier_code.make_month_references("H42.1-261120-0001", keys, MONTHS[-1])
    assert list(named) == MONTHS[-dossier_code.MOST_MONTHS :]
    for stage in Stage:
        assert dossier_code.parse_transaction_name(dossier_code.make_transaction_name(named, stage)) == named


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("c", "Cảm ơn " * 500, True),
        ("c", "x" * (sidecar.LONGEST_COMMENT + 1), False),
        ("f", "0f" * 32, True),
        ("f", "0F" * 32, False),
        ("f", "0f" * 32 + "\n", False),
        ("f", "", False),
        ("r", "odd, and seen to be so beside its answer", True),
        ("z", "", False),
        ("x", '{"answers":[["N5",1],["N6",0]],"id":"province","version":1}', True),
        ("x", '{"answers":[["N5",1],["N5",0]],"id":"province","version":1}', False),
        ("x", '{"answers":[["N5",10]],"id":"province","version":1}', False),
        ("x", '{"answers":[["N5",true]],"id":"province","version":1}', False),
        ("x", '{"answers":[["N5"]],"id":"province","version":1}', False),
        ("x", '{"answers":{"N5":1},"id":"province","version":1}', False),
        ("x", json.dumps({"answers": [[str(n), 1] for n in range(99)], "id": "", "version": 1}), False),
        ("x", f'{{"answers":[],"id":"{"x" * 25}","version":1}}', False),
        ("x", '{"answers":[],"id":[],"version":1}', False),
        ("x", f'{{"answers":[],"id":"province","version":"{"x" * 3000}"}}', False),
        ("x", '{"answers":[],"id":"province","version":1}', True),
        ("x", "[" * 8000, False),
        ("x", '{"answers":' + "[" * 4000, False),
        ("x", "9" * 4000, False),
        ("x", "\ud800", False),
        ("x", "", False),
    ],
)
def test_the_shape_of_what_is_said(kind: str, value: str, good: bool) -> None:
    assert sidecar.is_well_formed(kind, value) is good


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_answers_for_the_province_that_are_none_raise_one_error(text: str) -> None:
    with pytest.raises(NotCanonical):
        province_only_answers.parse(text)


def test_what_a_phone_writes_is_read() -> None:
    asked = companion_questions.read_province_questions()
    given = {question.id: value for question in asked.questions for value, _text in question.choices}
    assert given and sidecar.is_well_formed("x", asked.opening(given))
    assert province_only_answers.parse(asked.opening(given)) == given
    with pytest.raises(NotCanonical):
        province_only_answers.dump("province", 1, [("N5", 10)])
