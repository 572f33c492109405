"""Rules for the answers on one slip: one transaction, one counted answer, in every order of arrival.

They are those for tablet and phone, two tablets, several browsers and two questionnaires, on both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from admin.responses import transaction_rules, transaction_settlement
from admin.statistics.tallies import recount
from models.storage.database import Database
from models.tables.response import Response, Tie
from tests.fixtures.answer_rows import make_response_row

KEY = "d-0001:1:7"




def long(id: str, t: int, answers: dict[str, int], channel: str = "qr") -> Response:
    return make_response_row(id, channel, None, t, instrument="sipas23", answers=answers)


#: name → the answers on one slip, and what becomes of each
CASES: dict[str, tuple[Sequence[Response], dict[str, str]]] = {
    "the phone before the tablet": (
        [make_response_row("a", "kiosk", 1, 10), make_response_row("b", "qr", 5, 90)],
        {"a": "superseded", "b": "counted"},
    ),
    "a typed code is a phone": (
        [make_response_row("a", "kiosk", 1, 10), make_response_row("b", "code", 4, 90)],
        {"a": "superseded", "b": "counted"},
    ),
    "two on the tablet, the earlier": (
        [
            make_response_row("a", "kiosk", 5, 20),
            make_response_row("b", "kiosk", 1, 30),
            make_response_row("c", "kiosk", 3, 10),
        ],
        {"a": "superseded", "b": "superseded", "c": "counted"},
    ),
    "two on the tablet at once, the smaller id": (
        [make_response_row("b", "kiosk", 1, 20), make_response_row("a", "kiosk", 5, 20)],
        {"a": "counted", "b": "superseded"},
    ),
    "of several browsers the lowest": (
        [make_response_row("a", "qr", 5, 10), make_response_row("b", "qr", 2, 20), make_response_row("c", "qr", 4, 30)],
        {"a": "contested", "b": "counted", "c": "contested"},
    ),
    "of equally low browsers the earlier": (
        [make_response_row("b", "qr", 2, 10), make_response_row("a", "qr", 2, 20), make_response_row("c", "qr", 5, 5)],
        {"a": "contested", "b": "counted", "c": "contested"},
    ),
    "of equally low and early ones the smaller id": (
        [make_response_row("b", "qr", 2, 10), make_response_row("a", "qr", 2, 10)],
        {"a": "counted", "b": "contested"},
    ),
    "tablet and two browsers": (
        [
            make_response_row("a", "kiosk", 1, 1),
            make_response_row("b", "qr", 5, 2),
            make_response_row("c", "qr", 3, 3),
            make_response_row("d", "kiosk", 2, 4),
        ],
        {"a": "superseded", "b": "contested", "c": "counted", "d": "superseded"},
    ),
    "the long form beside the short one": (
        [make_response_row("a", "qr", 5, 10), long("b", 11, {"SIPAS23-A1": 5}), make_response_row("c", "kiosk", 1, 1)],
        {"a": "counted", "b": "counted", "c": "superseded"},
    ),
    "of two long forms the lower mean": (
        [
            long("a", 1, {"SIPAS23-A1": 5, "SIPAS23-A2": 4}),
            long("b", 2, {"SIPAS23-A1": 5, "SIPAS23-A2": 0, "SIPAS23-B1": 3}),
            make_response_row("c", "qr", 4, 3),
            make_response_row("d", "qr", 3, 4),
        ],
        {"a": "contested", "b": "counted", "c": "contested", "d": "counted"},
    ),
    "what is not counted decides nothing": (
        [make_response_row("a", "qr", 1, 1, outcome="not_counted", reason="drill"), make_response_row("b", "qr", 4, 2)],
        {"a": "not_counted", "b": "counted"},
    ),
}


def copy(response: Response) -> Response:
    columns = {column.name: getattr(response, column.name) for column in Response.__table__.columns}
    return Response(**{name: value for name, value in columns.items() if value is not None})


@pytest.mark.parametrize("case", CASES)
def test_every_order_of_arrival_ends_the_same(store_with_agencies: Database, case: str) -> None:
    members, wanted = CASES[case]
    for order in permutations(members):
        with store_with_agencies.write() as session:
            session.execute(delete(Tie))
            session.execute(delete(Response))
        for response in order:
            with store_with_agencies.write() as session:
                session.add_all([copy(response), Tie(response_id=response.id, key=KEY)])
                session.flush()
                transaction_settlement.settle_transaction(session, KEY)
        with store_with_agencies.read() as session:
            found = dict(session.execute(select(Response.id, Response.outcome)).all())
        assert found == wanted, [response.id for response in order]


def test_what_changes_is_counted_again_and_what_does_not_is_not(store_with_agencies: Database) -> None:
    with store_with_agencies.write() as session:
        session.add_all([make_response_row("a", "qr", 5, 1), Tie(response_id="a", key=KEY)])
        session.flush()
        transaction_settlement.settle_transaction(session, KEY)
        assert recount.find_stale_pairs(session) == []
        session.add_all([make_response_row("b", "qr", 1, 2, month="2026-11"), Tie(response_id="b", key=KEY)])
        session.flush()
        transaction_settlement.settle_transaction(session, KEY)
        assert recount.find_stale_pairs(session) == [("NB-14701", "2026-10")]


def outcomes(members: list[Response]) -> dict[str, str]:
    """What becomes of answers on one slip."""
    made_of = transaction_rules.decide_outcomes(
        [transaction_rules.TransactionMember(response, KEY) for response in members]
    )
    return {id: settled.outcome.value for id, settled in made_of.items()}


ANSWERS = st.builds(
    lambda id, channel, score, t: make_response_row(f"{id:04d}", channel, score, t),
    st.integers(0, 9999), st.sampled_from(["kiosk", "qr", "code"]), st.integers(1, 5), st.integers(0, 3),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=8, unique_by=lambda r: r.id), st.randoms(use_true_random=False))
def test_one_counts_and_it_is_the_one_the_rules_name(members: list[Response], random: Any) -> None:
    found = outcomes(members)
    shuffled = list(members)
    random.shuffle(shuffled)
    assert outcomes(shuffled) == found
    (counted,) = [response for response in members if found[response.id] == "counted"]
    phones = [response for response in members if response.channel != "kiosk"]
    assert (counted.channel != "kiosk") == bool(phones)
    if phones:
        assert counted.score == min(response.score or 9 for response in phones)
    else:
        assert counted.claimed_ms == min(response.claimed_ms for response in members)
    for response in members:
        if response is not counted:
            assert found[response.id] == ("superseded" if response.channel == "kiosk" else "contested")
