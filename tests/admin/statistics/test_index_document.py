"""The index document: its shape is the contract's, and it gives small numbers away nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from admin.statistics import queries
from models.storage.database import Database
from models.tables.agency import DossierMonth
from tests.fixtures.tally_rows import add_answers, add_outcome


def test_the_document_has_the_shape_of_the_contract(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (1, 2, 7, 40, 45), channel="kiosk")
        add_answers(session, "HL", (0, 0, 5, 0, 0), channel="qr", excluded=1)
        add_answers(session, "HL", (0, 0, 10, 20, 10), item="A", channel="kiosk")
        add_answers(session, "HL", (0, 0, 0, 0, 33), channel="poster")
        add_answers(session, "HL", (0, 0, 0, 0, 7), item="SIPAS23-A1", instrument="sipas23", channel="paper",
                 responses=True)  # fmt: skip
        add_outcome(session, "HL", "superseded", 2)
        add_outcome(session, "HL", "not_counted:declined", 3)
        add_outcome(session, "HL", "not_counted:drill", 1)
        session.add(DossierMonth(agency_key="HL", month="2026-10", received=800, closed=700, overdue=10))
    with database.read() as session:
        document = queries.build_index_document(session, "HL", "2026-10")
        same = queries.build_index_document(session, "HL", "2026-10", instrument="short", method="top2.overall")
    assert document == same
    assert json.loads(json.dumps(document)) == document
    assert document == {
        "agency": "HL", "period": "2026-10", "instrument": "short", "instrument_versions": ["1"],
        "method": "top2.overall", "method_version": "1",
        "n": 100, "index": "85.00", "interval": ["76.72", "90.69"],
        "distribution": {"1": 1, "2": 2, "3": 12, "4": 40, "5": 45},
        "factors": [
            {"id": "A", "n": 40, "index": "75.00", "interval": ["59.81", "85.81"]},
            *({"id": id, "n": 0, "index": None, "interval": None} for id in "BCDE"),
        ],
        "response_rate": {"value": "12.50", "denominator": 800},
        "slip_use_rate": {"value": None, "denominator": None},
        "slip_coverage": {"value": "0.00", "denominator": 800},
        "slips": {"made": 0, "announced": 0, "by_desk": {}, "by_stage": {}, "by_month": {}},
        "by_outcome": {
            "counted": 100, "superseded": 2, "contested": 0, "not_counted": 4, "reasons": {"declined": 3, "drill": 1},
            "partial": 0,
        },
        "received": {
            "n": 146, "counted": 140, "superseded": 2, "contested": 0, "not_counted": 4,
            "reasons": {"declined": 3, "drill": 1}, "counted_as": {"index": 100, "others": 40},
            "flags": {"partial": 0, "excluded": 5, "ignored": 0, "joined": 0, "unrecorded_slips": 0,
                      "unconfirmed_slips": 0},
            "no_agency": None,
        },
        "excluded": {"n": 5, "index": "89.47", "interval": ["81.70", "94.18"], "open_flags": 0},
        "suppressed": False, "as_of": None,
        "others": [
            {"instrument": "short", "channel": "poster", "n": 33, "index": "100.00"},
            {"instrument": "sipas23", "channel": "paper", "n": 7, "index": None},
        ],
        "channels": [
            {"id": "kiosk", "n": 95, "index": "89.47", "interval": ["81.70", "94.18"]},
            {"id": "qr", "n": 5, "index": None, "interval": None},
            {"id": "poster", "n": 33, "index": "100.00", "interval": ["89.57", "100.00"]},
        ],
        "stages": [{"id": "result", "n": 100, "index": "85.00", "interval": ["76.72", "90.69"]}],
        "gap": {"difference": None, "interval": None, "pairs": 0, "paired": None},
        "weighted": None,
        "bounds": ["10.63", "98.13"],
    }  # fmt: skip


@pytest.mark.parametrize(("n", "shown_n"), [(4, None), (5, 5), (29, 29)])
def test_the_document_gives_small_numbers_away_nowhere(database: Database, n: int, shown_n: int | None) -> None:
    with database.write() as session:
        add_answers(session, "HL", (1, 0, 0, 0, n - 1), channel="qr")
        add_answers(session, "HL", (1, 0, 0, 0, n - 1), item="A", channel="qr")
        session.add(DossierMonth(agency_key="HL", month="2026-10", received=1000, closed=0, overdue=0))
    with database.read() as session:
        document = queries.build_index_document(session, "HL", "2026-10")
        open_document = queries.build_index_document(session, "HL", "2026-10", unsuppressed=True)
    assert document["suppressed"] is True
    assert document["n"] == shown_n
    for name in ("index", "interval", "distribution"):
        assert document[name] is None
        assert open_document[name] is not None
    assert document["factors"] == [
        {"id": id, "n": None if id == "A" else 0, "index": None, "interval": None} for id in "ABCDE"
    ]
    assert (document["excluded"]["n"], document["excluded"]["index"]) == (None, None)
    if n < 5:
        assert document["by_outcome"] is None
        assert document["response_rate"] == {"value": None, "denominator": 1000}
        # nowhere in the whole document stands a number of answers
        assert not [value for value in leaves(document) if value in (n, n - 1, 1) and value is not True]
    assert (open_document["n"], open_document["suppressed"]) == (n, False)
    assert open_document["factors"][0]["n"] == n


def test_nobody_answered_is_no_suppression(database: Database) -> None:
    with database.read() as session:
        document = queries.build_index_document(session, "YM", "2026-Q4")
    assert (document["n"], document["index"], document["suppressed"]) == (0, None, False)
    assert document["instrument"] == "sipas23"
    assert document["others"] == []


def test_a_second_figure_that_differs_by_few_is_not_shown(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 90))
        add_answers(session, "HL", (4, 0, 0, 0, 0), excluded=1)
    with database.read() as session:
        assert queries.build_index_document(session, "HL", "2026-10")["excluded"]["n"] is None
        assert queries.build_index_document(session, "HL", "2026-10", unsuppressed=True)["excluded"]["n"] == 4
        assert queries.build_index_document(session, "HL", "2026-10")["n"] == 104


def test_refusals_carry_their_codes(database: Database) -> None:
    with database.read() as session:
        for arguments, code in (
            (("XX", "2026-10"), "unknown_agency"), (("HL", "2026-99"), "bad_period"),
            (("HL", "2026-10", None, "nps"), "unknown_method"),
        ):  # fmt: skip
            with pytest.raises((LookupError, ValueError)) as refused:
                queries.build_index_document(session, *arguments)
            assert refused.value.code == code  # type: ignore[attr-defined]


def leaves(value: Any) -> Iterator[Any]:
    """Every single value of a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def test_stages_weights_and_the_gap_stand_in_the_document(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (8, 0, 0, 0, 192), stage="result")
        add_answers(session, "HL", (12, 0, 0, 0, 38), stage="refusal", channel="qr")
        add_answers(session, "HL", (0, 0, 0, 0, 200), stage="guidance", channel="code")
        for stage, received in (("result", 800), ("refusal", 200)):
            session.add(
                DossierMonth(agency_key="HL", month="2026-10", stage=stage, received=received, closed=0, overdue=0)
            )
    with database.read() as session:
        document = queries.build_index_document(session, "HL", "2026-10")
        other = queries.build_index_document(session, "HL", "2026-10", method="govuk")
    assert [(row["id"], row["n"], row["index"]) for row in document["stages"]] == [
        ("refusal", 50, "76.00"), ("result", 200, "96.00"), ("guidance", 200, "100.00"),
    ]  # fmt: skip
    weighted = document["weighted"]
    assert (weighted["index"], weighted["stages"], weighted["dossiers"]) == ("92.00", ["refusal", "result"], 1000)
    low, high = (float(end) for end in weighted["interval"])
    assert 87 < low < 92 < high < 95
    assert document["gap"]["difference"] == "0.80"  # 192/200 against 238/250
    assert document["bounds"] == ["23.00", "98.00"]  # 230 of 250 answers, 1000 dossiers; guidance is about none
    assert document["response_rate"] == {"value": "25.00", "denominator": 1000}
    assert (other["weighted"], other["bounds"]) == (None, None)
    assert [row["index"] for row in other["stages"]] == ["76.00", "96.00", "100.00"]


def test_no_method_gives_away_a_factor_of_few_answers(database: Database) -> None:
    """Each mean of factors is one more equation: with A to D shown, E would follow."""
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 40))
        for item in "ABCD":
            add_answers(session, "HL", (0, 0, 10, 0, 30), item=item)
        add_answers(session, "HL", (0, 0, 1, 0, 3), item="E")
    with database.read() as session:
        own = queries.build_index_document(session, "HL", "2026-10")
        by_method = {
            name: queries.build_index_document(session, "HL", "2026-10", method=name)
            for name in ("top2.mean_of_factors", "top2.mean_of_items", "top2.pooled")
        }
        bare = queries.build_index_document(session, "HL", "2026-10", method="top2.pooled", unsuppressed=True)
    assert own["index"] == "80.00" and [row["index"] for row in own["factors"]] == ["75.00"] * 4 + [None]
    for name, document in by_method.items():
        assert (document["n"], document["index"], document["distribution"], document["suppressed"]) == (
            None, None, None, True,
        ), name  # fmt: skip
        assert document["by_outcome"] is None and {row["index"] for row in document["factors"]} == {None}
    assert bare["index"] == "75.00" and bare["suppressed"] is False
