"""The projection and the tallies: everything authenticated kept, each answer counted once.

Recounts equal a full scan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from admin.instruments import store as instruments
from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import projection, rejudgement
from admin.slips import slip_proof
from admin.statistics.tallies import recount
from admin.survey import phone_drafts, question_page_steps
from models import clock
from models.protocol import sidecar, slip
from models.protocol.rating import Rating
from models.storage.database import Database
from models.tables.agency import StoredInstrument
from models.tables.device import Epoch
from models.tables.response import OpenedSidecar, Response
from models.tables.tally import StaleTally, TallyDay, TallyMonth
from models.vocabulary import Channel, ResponseState, Stage
from tests.fixtures.first_rules import read_under_first_rules
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
MONTH = clock.local_day(START)[:7]


def count(database: Database, device: LedgerWriter) -> None:
    with database.write() as session:
        while projection.project_entries(session, device.dev, 1, limit=3):
            pass
    with database.write() as session:
        recount.recount_stale(session)


def reasons(database: Database) -> dict[str, str | None]:
    with database.read() as session:
        return {row.id: row.reason for row in session.scalars(select(Response))}


def test_every_rating_is_counted_or_has_a_reason(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    wanted = {
        device.rate(5): None,
        device.rate(None): "declined",
        device.rate(4, state="partial"): None,
        device.rate(3, drill=True): "drill",
        device.rate(4, agency="NB-99999"): "foreign_agency",
        device.rate(4, agency="NB-14725"): "foreign_agency",
        device.rate(4, version=9): "unknown_instrument",
        device.rate(4, answers=[["overall", 7]]): "bad_score",
        device.rate(4, answers=[["overall", 4], ["overall", 5]]): "bad_score",
        device.rate(4, answers=[["nothing", 4]]): "unknown_item",
        device.rate(4, answers=[["A", 4]]): "no_answer",
        device.rate(4, answers="5"): "bad_payload",
        device.rate(4, channel="telepathy"): "bad_payload",
        device.add("rating", {}): "bad_payload",
        device.rate(2, topics=["wait", "wait", "x" * 60]): None,
        device.rate(4, version=2**40): "bad_payload",
        device.rate(4, desk="d" * 300): "foreign_agency",
        device.rate(4, desk="NB-14701-Q1"): None,
    }
    device.add("hb", {"disk_mb": 1})
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    assert reasons(store_with_agencies) == wanted
    with store_with_agencies.read() as session:
        tallied = {row.value: row.n for row in session.scalars(select(TallyMonth).where(TallyMonth.item == "overall"))}
        outcomes = Counter[str]()
        for row in session.scalars(
            select(TallyDay).where(TallyDay.item == "_responses", TallyDay.agency_key == "NB-14701")
        ):
            outcomes[row.value] += row.n
    assert tallied == {"5": 1, "4": 2, "2": 1}
    assert outcomes["counted"] == 4 and outcomes["not_counted:drill"] == 1


def test_an_id_seen_twice_is_kept_twice_and_counted_once(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    id = device.rate(5)
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    device.rate(1, id=id)
    device.rate(2, id=device.rate(3))
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    found = reasons(store_with_agencies)
    assert found[id] is None
    assert sorted(str(r) for r in found.values()) == ["None", "None", "duplicate_id", "duplicate_id"]


def test_what_waited_for_its_questions_is_counted_when_they_come(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    id = device.rate(4, version=2)
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    assert reasons(store_with_agencies) == {id: "unknown_instrument"}
    with store_with_agencies.write() as session:
        document = {**instruments.read_current_document(session, "short"), "version": 2}
        session.add(StoredInstrument(id="short", version=2, status="open", document=document))
    assert rejudgement.rejudge_responses(store_with_agencies, "unknown_instrument") == 1
    with store_with_agencies.write() as session:
        recount.recount_stale(session)
    with store_with_agencies.read() as session:
        assert session.scalars(select(TallyMonth.value).where(TallyMonth.item == "overall")).all() == ["4"]


def test_a_lying_clock_is_moved_into_its_window(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    past = device.rate(5, t=START - 90 * 86_400_000)
    device.send(store_with_agencies, device.batch(), now=START + 3_600_000)
    device.add("anchor", {"h": device.head(), "seq": 1, "t": START + 3_600_000}, t=START + 3_600_100)
    before_anchor = device.rate(4, t=START)
    future = device.rate(3, t=START + 3 * 365 * 86_400_000)
    honest = device.rate(2, t=START + 5_000_000)
    received = START + 7_200_000
    device.send(store_with_agencies, device.batch(2), now=received)
    count(store_with_agencies, device)
    with store_with_agencies.read() as session:
        at = {row.id: (row.at_ms, row.claimed_ms != row.at_ms) for row in session.scalars(select(Response))}
    assert at == {
        past: (START, True),
        before_anchor: (START + 3_600_000, True),
        future: (received, True),
        honest: (START + 5_000_000, False),
    }


def test_the_result_stands_under_the_agency_that_decides(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    device.rate(4, answers=[["overall", 4], ["C", 5], ["D", 2]], decider="NB-14725")
    device.send(store_with_agencies, device.batch())
    read_under_first_rules(store_with_agencies)  # a desk was believed in that
    count(store_with_agencies, device)
    with store_with_agencies.read() as session:
        rows = {
            (row.agency_key, row.item): row.value for row in session.scalars(select(TallyMonth)) if row.item in "CD"
        }
    assert rows == {("NB-14701", "C"): "5", ("NB-14725", "D"): "2"}


ARRIVALS = list(permutations(["desk", "phone 4", "phone 2", "desk late"]))


@pytest.mark.parametrize("order", ARRIVALS[::3], ids=" ".join)
def test_one_transaction_counts_once_in_every_order_of_arrival(
    store_with_agencies: Database, writer: Make, keys: CentreKeys, order: tuple[str, ...]
) -> None:
    device = writer()
    for what in order:
        id = what.encode().hex().ljust(32, "0")
        side = sidecar.make_opening(id, "r", f"{device.dev}:1:7")
        if what.startswith("desk"):
            t = START + (9_000_000 if what == "desk late" else 1_000_000)
            device.rate(5, id=id, t=t, r=side.commitment)
            device.send(store_with_agencies, device.batch(sidecars=(side,)), now=START + 10_000_000)
            with store_with_agencies.write() as session:
                projection.project_entries(session, device.dev, 1)
        else:
            score = int(what[-1])
            rating = Rating(
                agency="NB-14701",
                desk=None,
                instrument="short",
                version=1,
                channel=Channel.QR,
                state=ResponseState.COMPLETE,
                lang="vi",
                answers={"overall": score},
                commitments={"r": side.commitment},
            )
            with store_with_agencies.write() as session:
                recorder.store_answer_sidecars(session, WEB, [side], 1)
                session.flush()
                answer = recorder.RecordedAnswer(id, rating.payload(), START + 2_000_000)
                epoch = recorder.record_answers(session, keys, WEB, [answer], START + 10_000_000)
                projection.project_entries(session, WEB, epoch.epoch)
    with store_with_agencies.write() as session:
        recount.recount_stale(session)
        rows = {bytes.fromhex(row.id).decode().strip("\0"): row for row in session.scalars(select(Response))}
        outcomes = {name: row.outcome for name, row in rows.items()}
        later = {name: row.later_score for name, row in rows.items()}
        paired = session.scalars(select(TallyMonth.value).where(TallyMonth.item == "_paired")).all()
        tallied = session.scalars(select(TallyMonth.value).where(TallyMonth.item == "overall")).all()
    assert outcomes == {"desk": "superseded", "desk late": "superseded", "phone 4": "contested", "phone 2": "counted"}
    assert tallied == ["2"]
    assert later == {"desk": 2, "desk late": None, "phone 4": None, "phone 2": None}
    assert paired == ["1:0"]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["rate", "settle", "exclude", "recount", "retry"]),
        st.integers(1, 5),
        st.integers(0, 40),
        st.sampled_from(["NB-14701", "NB-14725"]),
    ),
    min_size=4,
    max_size=18,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(EVENTS)
def test_tallies_equal_a_full_scan_after_any_order_of_events(
    store_with_agencies: Database, writer: Make, events: list[tuple[str, int, int, str]]
) -> None:
    devices = {key: writer(f"{key}-Q1") for key in ("NB-14701", "NB-14725")}
    read_under_first_rules(store_with_agencies)
    sent = dict.fromkeys(devices, 0)
    for what, score, days, agency in events:
        device = devices[agency]
        match what:
            case "rate":
                other = "NB-14725" if agency == "NB-14701" else "NB-14701"
                answers_given = [["overall", score], ["A", days % 6], ["D", score]]
                device.rate(
                    score,
                    t=START + days * 86_400_000,
                    answers=answers_given,
                    topics=["wait"][: days % 2],
                    **({"decider": other} if days % 3 == 0 else {}),
                )
            case "settle":
                if len(device.lines) > sent[agency]:
                    body = device.batch(sent[agency] + 1)
                    device.send(store_with_agencies, body, now=START + 60 * 86_400_000)
                    sent[agency] = len(device.lines)
                with store_with_agencies.write() as session:
                    projection.project_entries(session, device.dev, 1)
            case "exclude":
                with store_with_agencies.write() as session:
                    row = session.scalars(select(Response).order_by(Response.id).limit(1)).first()
                    if row is not None:
                        row.excluded = not row.excluded
                        from admin.statistics.tallies import staleness

                        staleness.mark_stale(session, {(k, row.month) for k in (row.agency_key, row.decider_key) if k})
            case "recount":
                with store_with_agencies.write() as session:
                    recount.recount_stale(session)
            case "retry":
                rejudgement.rejudge_responses(store_with_agencies, "bad_score")
    with store_with_agencies.write() as session:
        recount.recount_stale(session)
        assert session.scalars(select(StaleTally)).all() == []
        assert sum(recount.count_recount_changes(session, *pair) for pair in recount.find_all_pairs(session)) == 0
        scanned: Counter[tuple[str, str, str]] = Counter()
        for row in session.scalars(select(Response).where(Response.outcome == "counted")):
            for item, score in row.answers.items():
                owner = row.decider_key if item == "D" and row.decider_key else row.agency_key
                scanned[(owner, row.month, f"{item}={score}")] += 1
        for table in (TallyDay, TallyMonth):
            found: Counter[tuple[str, str, str]] = Counter()
            columns = select(table.agency_key, table.month, table.item, table.value, table.n)
            for agency, month, item, value, n in session.execute(columns.where(table.item.in_(("overall", "A", "D")))):
                found[(agency, month, f"{item}={value}")] += n
            assert found == scanned


def test_a_wrong_tally_is_found_and_mended(store_with_agencies: Database, writer: Make) -> None:
    """The check itself can fail: a tally changed by hand is reported by `recount` and put right."""
    device = writer()
    device.rate(5)
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    with store_with_agencies.write() as session:
        row = session.scalars(select(TallyMonth).where(TallyMonth.item == "overall")).one()
        row.n = 7
    with store_with_agencies.write() as session:
        assert recount.count_recount_changes(session, "NB-14701", MONTH) == 2
        assert recount.count_recount_changes(session, "NB-14701", MONTH) == 0


def test_a_slip_s_answer_is_an_entry_of_the_centre_s_own_ledger(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    device = writer()
    device.add("token", {"serial": 1, "stage": "result"})
    paper = slip.Slip(slip.device_number(device.dev), 1, 1, 1, bytes.fromhex(device.head())[:8], 1, Stage.RESULT,
                      START // 60_000, 3)  # fmt: skip
    token = slip.mint(paper, device.key, keys.public)
    def touch(id: str, score: int, browser: str) -> str:
        with store_with_agencies.write() as session:
            proved = slip_proof.prove_slip(session, token, keys, START)
            return phone_drafts.record_face_tap(
                session, keys, proved, phone_drafts.FaceTap(id, score, browser, "vi", START)
            )

    def send(id: str, after: int, answers: dict[str, int], comment: str) -> None:
        with store_with_agencies.write() as session:
            page = question_page_steps.Step(2, 2, comment=True)
            phone_drafts.store_draft_page(
                session, id, page, question_page_steps.FilledPage(answers, ["wait"], comment), START + after
            )
            phone_drafts.seal_draft(session, keys, id, START + after)

    assert touch("c" * 32, 2, "browser") == "c" * 32
    assert touch("c" * 32, 5, "browser") == "c" * 32  # the same page sent twice
    assert touch("e" * 32, 5, "browser") == "c" * 32  # the same browser with another page
    assert touch("d" * 32, 5, "other") == "d" * 32
    send("c" * 32, 5000, {"A": 4}, "Gọi tôi 0912 345 678")
    send("c" * 32, 6000, {"A": 1}, "again")
    send("d" * 32, 7000, {}, "")
    with store_with_agencies.read() as session:
        response = session.get_one(Response, "c" * 32)
        assert (response.score, response.channel, response.stage, response.outcome) == (2, "qr", "result", "counted")
        assert response.answers == {"overall": 2, "A": 4} and response.procedure_code == "1.001193"
        assert session.get_one(OpenedSidecar, (WEB, "c" * 32, "c")).value == "Gọi tôi •••"
        assert session.get_one(Response, "d" * 32).outcome == "contested"
        assert session.get_one(Epoch, (WEB, 1)).last_seq == 2


def test_no_device_can_claim_the_name_under_which_a_double_is_kept(
    store_with_agencies: Database, writer: Make
) -> None:
    """An id made to collide with the name of a double must not stop the projection of anything."""
    device = writer()
    device.rate(5, id="a" * 32)
    device.rate(4, id="a" * 32)
    device.rate(3, id="R" * 32)
    last = device.rate(2)
    device.send(store_with_agencies, device.batch())
    count(store_with_agencies, device)
    found = reasons(store_with_agencies)
    assert sorted(str(reason) for reason in found.values()) == ["None", "None", "bad_id", "duplicate_id"]
    assert found[last] is None
    with pytest.raises(Exception, match="id of another shape"):
        device.add("hb", {}, id="a@b")
        device.send(store_with_agencies, device.batch(5))
