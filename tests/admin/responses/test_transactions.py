"""Transactions: one for each step of a dossier, joined by keyed references in every order of arrival.

The tablet's answer, two desks' papers, announced ones and those of another month are joined; other stages stay apart;
nothing leads to the code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import jobs
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import issued_slips, projection, sidecars, transaction_settlement
from admin.slips import code_and_dossier_keys
from models.clock import day_start
from models.protocol import dossier_code, sidecar
from models.storage.database import Database
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie
from models.tables.slip_record import DossierKey, SlipReference
from models.vocabulary import Stage
from tests.fixtures import centre_keys
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.ledger_writer import START, LedgerWriter

KEYS = {month: f"{month[-2:]}" * 32 for month in ("2026-09", "2026-10", "2026-11", "2026-12")}
ONE, OTHER = "G22.99-260930-0047", "G22.99-260930-0048"
Make = Callable[..., LedgerWriter]


def tie(code: str, stage: str, month: str, back: int = 2) -> str:
    """What a desk keeps of a dossier in a month: references under the keys of that month and of `back` before it."""
    months = sorted(KEYS)
    at = months.index(month)
    known = {name: KEYS[name] for name in months[max(0, at - back) : at + 1]}
    return dossier_code.make_transaction_name(dossier_code.make_month_references(code, known, month), Stage(stage))


@dataclass(frozen=True)
class Paper:
    """A slip whose ledger arrives; `code` None: not tied to a dossier."""

    serial: int
    stage: str = "submission"
    code: str | None = ONE
    month: str = "2026-11"


@dataclass(frozen=True)
class Answer:
    """An answer that arrives: on a slip (`serial`), or at the tablet for a dossier that was named (`code`)."""

    id: str
    score: int
    channel: str = "qr"
    serial: int | None = None
    stage: str | None = "submission"
    code: str | None = None
    month: str = "2026-11"


def arrive(session: Session, device: str, event: Paper | Answer) -> None:
    """One thing comes in, as the projection takes it."""
    if isinstance(event, Paper):
        id = f"e{event.serial}"
        if event.code is not None:
            opened(session, device, id, tie(event.code, event.stage, event.month))
        row = {
            "device_id": device, "epoch": 1, "serial": event.serial, "agency_key": "NB-14701", "desk_code": None,
            "stage": event.stage, "procedure_code": "1.001193", "due_days": None, "minted_ms": START,
            "month": event.month,
        }  # fmt: skip
        transaction_settlement.settle_arrived_answers(session, issued_slips.store_issued_slips(session, [(id, row)])[0])
        return
    fields: dict[str, Any] = {"stage": event.stage, "month": event.month}
    of = device if event.channel == "kiosk" else WEB
    session.add(
        make_response_row(event.id, event.channel, event.score, START + ord(event.id[0]), device_id=of, **fields)
    )
    value = f"{device}:1:{event.serial}"
    if event.serial is None:
        value = tie(event.code or ONE, event.stage or "", event.month)
    opened(session, of, event.id, value)
    session.flush()
    transaction_settlement.settle_arrived_answers(
        session, sidecars.apply_sidecars(session, {event.id: ResponseName(of, event.id)})
    )


def opened(session: Session, of: str, id: str, value: str) -> None:
    session.add(OpenedSidecar(device_id=of, id=id, kind="r", salt="", value=value, received_ms=START))


TABLET = Answer("k", 1, "kiosk", code=ONE)
#: name → what arrives, and what becomes of the answers
CASES: dict[str, tuple[Sequence[Paper | Answer], dict[str, str]]] = {
    "the tablet and the slip of one dossier": (
        [Paper(1), TABLET, Answer("p", 5, serial=1)],
        {"k": "superseded", "p": "counted"},
    ),
    "two papers of one dossier": (
        [Paper(1), Paper(2), Answer("p", 4, serial=1), Answer("q", 2, serial=2)],
        {"p": "contested", "q": "counted"},
    ),
    "papers of two months, and the tablet in a third": (
        [Paper(1, month="2026-10"), Paper(2, month="2026-12"), Answer("p", 4, serial=1), Answer("q", 3, serial=2),
         Answer("k", 2, "kiosk", code=ONE)],
        {"p": "contested", "q": "counted", "k": "superseded"},
    ),
    "two stages stay apart": (
        [Paper(1), Paper(2, "result"), Answer("p", 4, serial=1), Answer("q", 2, serial=2, stage="result"),
         TABLET],
        {"p": "counted", "q": "counted", "k": "superseded"},
    ),
    "an answer about the result on the receipt's slip": (
        [Paper(1), Answer("p", 4, serial=1, stage="result"), Answer("m", 3, "kiosk", code=ONE, stage="result"), TABLET],
        {"p": "counted", "m": "superseded", "k": "counted"},
    ),
    "two dossiers stay apart": (
        [Paper(1), Paper(2, code=OTHER), Answer("p", 4, serial=1), Answer("q", 2, serial=2), TABLET],
        {"p": "counted", "q": "counted", "k": "superseded"},
    ),
    "a paper without a dossier belongs to itself": (
        [Paper(1), Paper(2, code=None), Answer("p", 4, serial=1), Answer("q", 2, serial=2), TABLET],
        {"p": "counted", "q": "counted", "k": "superseded"},
    ),
    "a typed code whose ledger comes late": (
        [Paper(1), Paper(2), Answer("c", 3, "code", serial=1, stage=None), Answer("q", 5, serial=2), TABLET],
        {"c": "counted", "q": "contested", "k": "superseded"},
    ),
}  # fmt: skip

@pytest.mark.parametrize("case", CASES)
def test_every_order_of_arrival_ends_the_same(store_with_agencies: Database, writer: Make, case: str) -> None:
    events, wanted = CASES[case]
    device, dice = writer().dev, random.Random(4)
    orders = list(permutations(events))
    for order in dice.sample(orders, min(len(orders), 12)):
        with store_with_agencies.write() as session:
            for event in order:
                arrive(session, device, event)
            found = {id: outcome for id, outcome in session.execute(select(Response.id, Response.outcome))}
            assert found == wanted, order
            for response in session.scalars(select(Response).where(Response.channel == "code")):
                assert (response.stage, response.procedure_code) == ("submission", "1.001193")
            session.rollback()


PAPERS = st.lists(
    st.builds(Paper, st.integers(1, 3), st.just("submission"), st.sampled_from([ONE, OTHER, None])),
    min_size=1, max_size=3, unique_by=lambda paper: paper.serial,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(papers=PAPERS, scores=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=6),
       dice=st.randoms(use_true_random=False))  # fmt: skip
def test_a_dossier_has_one_counted_answer_and_the_order_says_nothing(
    store_for_examples: tuple[Database, str], papers: list[Paper], scores: list[tuple[int, int]], dice: Any
) -> None:
    store, device = store_for_examples
    answers = [
        Answer(chr(97 + at), score, serial=papers[where].serial) if where < len(papers)
        else Answer(chr(97 + at), score, "kiosk", code=ONE if where == 3 else OTHER)
        for at, (where, score) in enumerate(scores)
    ]  # fmt: skip
    ends = []
    for _order in range(2):
        events: list[Paper | Answer] = [*papers, *answers]
        dice.shuffle(events)
        with store.write() as session:
            for event in events:
                arrive(session, device, event)
            ends.append({id: outcome for id, outcome in session.execute(select(Response.id, Response.outcome))})
            session.rollback()
    assert ends[0] == ends[1]
    about = {paper.serial: paper.code or str(paper.serial) for paper in papers}
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.code or about[answer.serial or 0], []).append(answer)
    for group in groups.values():
        counted = [answer for answer in group if ends[0][answer.id] == "counted"]
        phones = [answer.score for answer in group if answer.channel == "qr"]
        assert len(counted) == 1 and (not phones or counted[0].score == min(phones))


@pytest.fixture(scope="module")
def store_for_examples(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store of this module's own: hypothesis may not have a fresh one for each example."""
    from admin import demo
    from admin.imports import agencies
    from models.migrations import migrate
    from models.tables.agency import Desk
    from models.tables.declarative_base import CENTRAL

    folder = tmp_path_factory.mktemp("examples")
    store = Database(f"sqlite:///{folder / 'store.sqlite'}")
    migrate.upgrade_store(store, CENTRAL)
    with store.write() as session:
        agencies.import_agencies(session, demo.AGENCIES)
        session.add(Desk(code="NB-14701-Q1", agency_key="NB-14701", name_vi="Quầy 1"))
        session.flush()
        device = LedgerWriter(session, centre_keys.make_storeless_keys(folder), "NB-14701-Q1", "NB-14701").dev
    yield store, device
    store.close()


def test_a_desk_s_token_entry_brings_its_reference_through_the_witness(
    store_with_agencies: Database, writer: Make
) -> None:
    """The whole way: an entry with a commitment, its opening beside it, accepted, read, joined."""
    one, two = writer(), writer("NB-14701-Q2", "NB-14701")
    for number, desk in enumerate((one, two)):
        text = tie(ONE, "result", "2026-11", back=number)
        id = f"{number}" * 32
        own = sidecar.make_opening(id, "r", text)
        desk.add("token", {"serial": 1, "stage": "result", "r": own.commitment}, id=id)
        assert desk.send(store_with_agencies, desk.batch(certificate=True, sidecars=(own,)))[0] == 200
        with store_with_agencies.write() as session:
            projection.project_entries(session, desk.dev, 1)
    rated = sidecar.make_opening("3" * 32, "r", tie(ONE, "result", "2026-11"))
    two.rate(5, id=rated.id, r=rated.commitment, stage="result")
    assert two.send(store_with_agencies, two.batch(first=2, sidecars=(rated,)))[0] == 200
    with store_with_agencies.write() as session:
        projection.project_entries(session, two.dev, 1)
        for id, desk, score in (("4" * 32, one, 4), ("5" * 32, two, 2)):
            session.add(make_response_row(id, "qr", score, START, device_id=WEB, stage="result"))
            opened(session, WEB, id, f"{desk.dev}:1:1")
            session.flush()
            transaction_settlement.settle_arrived_answers(
                session, sidecars.apply_sidecars(session, {id: ResponseName(WEB, id)})
            )
        rows = session.execute(select(Response.id, Response.outcome))
        assert {id[0]: outcome for id, outcome in rows} == {"3": "superseded", "4": "contested", "5": "counted"}


def test_when_the_month_s_key_is_destroyed_nothing_leads_to_the_dossier_and_nothing_counts_twice(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    store, device = store_with_agencies, writer().dev
    november, end = day_start("2026-11-20"), day_start("2027-01-30")
    jobs.update_responses_and_tallies(store, keys, november)
    with store.write() as session:
        secret = session.get_one(DossierKey, "2026-11").key
        named = dossier_code.make_month_references(ONE, {"2026-11": secret}, "2026-11")
        for serial in (1, 2):
            opened(session, device, f"e{serial}", dossier_code.make_transaction_name(named, Stage.SUBMISSION))
            row = {"device_id": device, "epoch": 1, "serial": serial, "agency_key": "NB-14701", "desk_code": None,
                   "stage": "submission", "procedure_code": None, "due_days": 90, "minted_ms": november,
                   "month": "2026-11"}  # fmt: skip
            transaction_settlement.settle_arrived_answers(
                session, issued_slips.store_issued_slips(session, [(f"e{serial}", row)])[0]
            )
        arrive(session, device, Answer("p", 4, serial=1))
        single = dossier_code.make_reference(OTHER, bytes.fromhex(secret))
        transaction_settlement.store_slip_references(session, {f"{device}:1:9": {"2026-11": single}})
    (reference,) = named.values()
    jobs.update_responses_and_tallies(store, keys, end - 86_400_000)
    with store.read() as session:
        assert reference in set(session.scalars(select(SlipReference.reference)))
    jobs.update_responses_and_tallies(store, keys, end)
    with store.write() as session:
        kept = session.scalars(select(SlipReference)).all()
        assert {row.name for row in kept} == {f"{device}:1:1", f"{device}:1:2"}
        assert len({row.reference for row in kept}) == 1
        assert all(row.reference != reference and row.month == "" for row in kept)
        said = session.scalars(select(OpenedSidecar.value)).all()
        assert not any(reference in value for value in said) and session.scalars(select(Tie.key)).one() in said
        arrive(session, device, Answer("q", 2, serial=2))  # the paper is still good, and still the same transaction
        rows = session.execute(select(Response.id, Response.outcome))
        assert {id: outcome for id, outcome in rows} == {"p": "contested", "q": "counted"}


def test_what_is_kept_of_a_dossier_is_read_again_and_nothing_else() -> None:
    text = tie(ONE, "refusal", "2026-11")
    assert text.endswith(":refusal") and ONE not in text
    assert dossier_code.parse_transaction_name(text) == dossier_code.make_month_references(ONE, KEYS, "2026-11")
    assert dossier_code.parse_transaction_name(f"{'a' * 32}:result") == {"": "a" * 32}  # of before months were named
    for other in ("d-0001:1:7", "", "x:result", f"{'a' * 32}:tea", f"2026-11={'a' * 31}:result", "a" * 32):
        assert dossier_code.parse_transaction_name(other) is None
    assert dossier_code.make_month_references(ONE, {"2026-10": KEYS["2026-10"]}, "2026-11") == {}
    assert dossier_code.make_month_references(ONE, KEYS, "2026-10").keys() == {"2026-09", "2026-10"}


def test_two_desks_at_once_count_once(postgres_store_url: str, tmp_path: Any) -> None:
    """On PostgreSQL two transactions do not see each other's answers; they must wait for each other."""
    import threading

    from admin import demo
    from admin.imports import agencies
    from models.migrations import migrate
    from models.tables.agency import Desk
    from models.tables.declarative_base import CENTRAL

    store = Database(postgres_store_url)
    migrate.upgrade_store(store, CENTRAL)
    with store.write() as session:
        agencies.import_agencies(session, demo.AGENCIES)
        session.add(Desk(code="NB-14701-Q1", agency_key="NB-14701", name_vi="Quầy 1"))
        session.flush()
        device = LedgerWriter(session, centre_keys.make_storeless_keys(tmp_path), "NB-14701-Q1", "NB-14701").dev
    begun, go = threading.Event(), threading.Event()

    def tablet() -> None:
        with store.write() as session:
            arrive(session, device, TABLET)
            begun.set()
            go.wait(0.3)

    first = threading.Thread(target=tablet)
    first.start()
    assert begun.wait(30)
    with store.write() as session:
        arrive(session, device, Paper(1))
        arrive(session, device, Answer("p", 5, serial=1))
    first.join(30)
    with store.read() as session:
        rows = session.execute(select(Response.id, Response.outcome))
        assert {id: outcome for id, outcome in rows} == {"k": "superseded", "p": "counted"}
    store.close()


def test_keys_in_use_go_to_desks_so_that_months_share_a_reference(
    store_with_agencies: Database, keys: CentreKeys
) -> None:
    for day in ("2026-09-20", "2026-10-20", "2026-11-20"):
        jobs.update_responses_and_tallies(store_with_agencies, keys, day_start(day))
    with store_with_agencies.read() as session:
        assert code_and_dossier_keys.read_dossier_keys(session, "NB-14701").keys() == {
            "2026-09",
            "2026-10",
            "2026-11",
            "2026-12",
        }
    jobs.update_responses_and_tallies(store_with_agencies, keys, day_start("2026-11-30"))
    with store_with_agencies.read() as session:
        assert code_and_dossier_keys.read_dossier_keys(session, "NB-14701").keys() == {"2026-10", "2026-11", "2026-12"}
