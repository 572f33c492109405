"""Paired answers: what a desk's answer keeps of the later one, in every order of arrival.

It is the same on both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import delete, select

from admin.responses import transaction_settlement
from admin.statistics import queries
from admin.statistics.tallies import recount
from models.storage.database import Database
from models.tables.response import Response, Tie

KEY = "d-0001:1:7"


def made(id: str, channel: str, score: int | None, t: int, **values: Any) -> Response:
    """An answer as the projection has just stored it."""
    fields = {
        "id": id, "device_id": "d-0001", "epoch": 1, "seq": 1, "agency_key": "NB-14701", "channel": channel,
        "lang": "vi", "instrument": "short", "version": 1, "state": "complete", "score": score,
        "answers": {"overall": score} if score else {"SIPAS23-A1": 4}, "topics": [], "outcome": "counted",
        "reason": None, "at_ms": t, "low_ms": t, "high_ms": t, "claimed_ms": t, "day": "2026-10-14",
        "month": "2026-10", "rule": 2, **values,
    }  # fmt: skip
    return Response(**fields)


#: name → the answers on one slip (made anew each time), and what stays beside which
CASES: dict[str, tuple[Sequence[tuple[Any, ...]], dict[str, int]]] = {
    "tablet and phone": ([("a", "kiosk", 5, 10), ("b", "qr", 2, 90)], {"a": 2}),
    "a typed code is a phone": ([("a", "kiosk", 1, 10), ("b", "code", 4, 90)], {"a": 4}),
    "of several browsers the one that counts": (
        [("a", "kiosk", 5, 10), ("b", "qr", 4, 20), ("c", "qr", 3, 30)], {"a": 3},
    ),
    "of several on the tablet the earliest": (
        [("a", "kiosk", 1, 20), ("b", "kiosk", 5, 10), ("c", "qr", 4, 30)], {"b": 4},
    ),
    "two on the tablet alone": ([("a", "kiosk", 5, 20), ("b", "kiosk", 1, 10)], {}),
    "phones alone": ([("a", "qr", 5, 20), ("b", "qr", 1, 10)], {}),
    "paper is no desk": ([("a", "paper", 5, 20), ("b", "qr", 1, 10)], {}),
    "no score, no pair": (
        [("a", "kiosk", None, 5, {"instrument": "sipas23"}), ("b", "qr", None, 6, {"instrument": "sipas23"})], {},
    ),
    "questionnaires stand apart": (
        [("a", "kiosk", 5, 10), ("b", "qr", None, 20, {"instrument": "sipas23"})], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_order_of_arrival_keeps_the_same(store_with_agencies: Database, case: str) -> None:
    members, wanted = CASES[case]
    for order in permutations(members):
        with store_with_agencies.write() as session:
            session.execute(delete(Tie))
            session.execute(delete(Response))
        for id, channel, score, t, *more in order:
            with store_with_agencies.write() as session:
                session.add_all([made(id, channel, score, t, **(more[0] if more else {})),
                                 Tie(response_id=id, key=KEY)])  # fmt: skip
                session.flush()
                transaction_settlement.settle_transaction(session, KEY)
        with store_with_agencies.read() as session:
            found = dict(session.execute(select(Response.id, Response.later_score)).all())
        assert {id: score for id, score in found.items() if score is not None} == wanted, order


def test_pairs_outlive_their_ties_and_reach_the_gap(store_with_agencies: Database) -> None:
    """Forty people said they were satisfied at the desk, ten of them said otherwise later."""
    with store_with_agencies.write() as session:
        for number in range(40):
            key = f"d-0001:1:{number}"
            session.add_all(
                [made(f"k{number}", "kiosk", 5, 1), made(f"q{number}", "qr", 2 if number < 10 else 4, 2)]
                + [Tie(response_id=f"{name}{number}", key=key) for name in "kq"]
            )
            session.flush()
            transaction_settlement.settle_transaction(session, key)
        assert recount.find_stale_pairs(session) == [("NB-14701", "2026-10")]
        session.execute(delete(Tie))
        recount.recount_stale(session)
    with store_with_agencies.read() as session:
        gap = queries.IndexFacts(session, {"NB-14701"}, "2026-10", "short").gap
    assert gap.pairs == 40 and gap.paired is not None
    assert (gap.paired.desk, gap.paired.later, gap.paired.difference) == (Fraction(100), Fraction(75), Fraction(25))


def test_a_pair_is_undone_when_the_phone_no_longer_counts(store_with_agencies: Database) -> None:
    with store_with_agencies.write() as session:
        session.add_all([made("a", "kiosk", 5, 1), made("b", "qr", 2, 2)])
        session.add_all([Tie(response_id=id, key=KEY) for id in "ab"])
        session.flush()
        transaction_settlement.settle_transaction(session, KEY)
        recount.recount_stale(session)
        phone = session.get_one(Response, "b")
        phone.outcome, phone.reason = "not_counted", "withdrawn"
        session.flush()
        transaction_settlement.settle_transaction(session, KEY)
        desk = session.get_one(Response, "a")
        assert (desk.outcome, desk.later_score) == ("counted", None)
        assert recount.find_stale_pairs(session) == [("NB-14701", "2026-10")]


def test_answers_that_were_not_finished_are_counted_apart(store_with_agencies: Database) -> None:
    with store_with_agencies.write() as session:
        for number in range(12):
            state = "partial" if number < 7 else "complete"
            session.add(made(f"p{number}", "qr", 4, number, state=state))
        session.add(made("x", "qr", 4, 99, state="partial", outcome="contested"))
        session.flush()
        recount.recount_pairs(session, [("NB-14701", "2026-10")])
    with store_with_agencies.read() as session:
        whole = queries.read_figure(session, {"NB-14701"}, ("2026-10",), "short")
        beside = queries.IndexFacts(session, {"NB-14701"}, "2026-10", "short").uncounted
    assert (whole.n, beside.partial, beside.contested, beside.declined) == (12, 7, None, 0)
