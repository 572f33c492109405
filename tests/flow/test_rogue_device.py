"""One rogue device among honest ones: whatever it signs, others have what they would have without it.

Plans are drawn; each is played with the rogue and without. Then each rule that protects others is switched off, and
the machine must find it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, true

from admin.comments import release
from admin.ledgers import commitment_openings
from admin.responses import connected_answers, issued_slips, projection, sidecars, transaction_rules
from admin.responses.field_authority import TABLE, EntryField, Recorder
from admin.survey import phone_drafts
from models.protocol import note_token, slip
from models.tables.response import FollowUp, LaterAnswer, OpenedSidecar, Response
from tests.fixtures import centre_keys
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.rogue_device import PLANS, RoguePlan, acts_in, find_harm
from tests.fixtures.rogue_world import DOSSIERS, SECOND, WEEKS, WHOLE, Act, Province, make_event_id, week_of

assert settings.default is not None
#: Plans in the suite, with $HAILONG_EVERY (`wsgi.py bench --long`), and in a search.
SUITE, LONG, SEARCH = 60, 400, 5_000
many = settings(
    max_examples=SEARCH if not settings.default.derandomize else LONG if os.environ.get("HAILONG_EVERY") else SUITE,
    deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("rogue")
    province = Province(f"sqlite:///{(folder / 'store.sqlite').as_posix()}", centre_keys.make_storeless_keys(folder))
    yield province
    province.store.close()


@pytest.fixture(scope="module")
def on_postgresql(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with postgres_server.database() as url:
        province = Province(url, centre_keys.make_storeless_keys(tmp_path_factory.mktemp("rogue")))
        yield province
        province.store.close()


@many
@given(plan=PLANS)
def test_others_have_what_they_would_have_without_it(on_sqlite: Province, plan: RoguePlan) -> None:
    assert find_harm(on_sqlite, plan) == []


@many
@given(plan=PLANS)
def test_others_have_what_they_would_have_without_it_on_postgresql(on_postgresql: Province, plan: RoguePlan) -> None:
    assert find_harm(on_postgresql, plan) == []


def rate(id: str, score: int = 1, beside: dict[str, str] | None = None, **says: Any) -> Act:
    return ("rate", id, score, says, beside or {}, None, False)


MINE = make_event_id("mine", 1)
Break = Callable[[pytest.MonkeyPatch], None]


def without_row(field: EntryField) -> Break:
    return lambda monkeypatch: monkeypatch.delitem(TABLE, (field, Recorder.DESK))


def without(module: object, name: str, instead: Any) -> Break:
    return lambda monkeypatch: monkeypatch.setattr(module, name, instead)


def any_channel_on_any_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk's answer may say that it came by phone, on a slip that its device made for another agency."""
    without_row(EntryField.CHANNEL)(monkeypatch)
    monkeypatch.setattr(sidecars, "_of_others", lambda _session, _ties: set())


def any_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk's answer may be tied to any slip, of whatever device and agency."""
    monkeypatch.setattr(sidecars, "may_tie", lambda _device, _value: True)
    monkeypatch.setattr(sidecars, "_of_others", lambda _session, _ties: set())


def first_in_the_province(session: Any, shown: Any) -> None:
    """A follow-up code belongs to the device that came first with it."""
    taken = {row.digest for row in session.query(FollowUp)}
    _FOLLOW(session, [one for one in shown if one[0] not in taken])


_FOLLOW = sidecars.register_follow_up_codes


def of_all_agencies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dossier is one, whichever agency it is at; so it is looked up, and so it is joined."""
    monkeypatch.setattr(transaction_rules, "find_step_agency", lambda _member: "")
    monkeypatch.setattr(connected_answers, "_BY_NO_INDEX", literal(""))


class Anybody:
    """A column of a device that is equal to every device."""

    def __eq__(self, _other: object) -> Any:
        return true()


#: Openings, for whoever asks of which device they are.
_OF_ANYBODY = SimpleNamespace(
    id=OpenedSidecar.id, kind=OpenedSidecar.kind, salt=OpenedSidecar.salt, value=OpenedSidecar.value,
    device_id=Anybody(),
)  # fmt: skip


def of_any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """An opening is of whoever has an entry with its id, whatever that committed to."""
    monkeypatch.setattr(issued_slips, "OpenedSidecar", _OF_ANYBODY)
    monkeypatch.setattr(commitment_openings, "opening_fits_entry", lambda _opening, _entry: True)


#: A rule that protects others → how it is switched off, and what a rogue does then, before which act of the others.
RULES: dict[str, tuple[Break, int, list[Act]]] = {
    "an answer's agency": (without_row(EntryField.AGENCY), 0, [rate(MINE, agency=SECOND)]),
    "an answer's decider": (
        without_row(EntryField.DECIDER),
        0,
        [rate(MINE, decider=SECOND, answers=[["overall", 1], ["D", 1]])],
    ),
    "a desk's channel": (any_channel_on_any_slip, 9, [rate(MINE, channel="qr", beside={"r": "@rogue:1:1"})]),
    "a desk's slips": (
        any_slip,
        0,
        [rate(MINE, beside={"r": "@a:1:1"})],
    ),
    "a slip at one agency": (
        without(sidecars, "_of_others", lambda _session, _ties: set()),
        0,
        [
            rate(make_event_id("full", n), stage="result", beside={"r": DOSSIERS[0]})
            for n in range(connected_answers.MOST + 1)
        ]
        + [rate(MINE, stage="result", beside={"r": "@rogue:1:1"})],
    ),
    "a dossier at one agency": (
        of_all_agencies,
        0,
        [rate(MINE, stage="result", beside={"r": DOSSIERS[0]})],
    ),
    "an id at one device, before": (
        without(projection, "_one_device", lambda _device: ("all",)),
        0,
        [rate(make_event_id("tap", "b", 1))],
    ),
    "words by device and id": (
        without(sidecars, "matches_response", lambda _device, id: Response.id == id),
        3,
        [rate(make_event_id("tap", "b", 1)), ("tidy",)],
    ),
    "a phone's answers by device and id": (
        without(phone_drafts, "find_sealed_response", lambda session, id: session.get(Response, id)),
        0,
        [rate(make_event_id("phone", "c", 1, 1))],
    ),
    "for whom words are, by device and id": (
        without(release, "later_answer_condition", lambda _device, _id: LaterAnswer.response_id == Response.id),
        0,
        [rate(make_event_id("phone", "c", 1, 2))],
    ),
    "a follow-up code at one device": (
        without(sidecars, "register_follow_up_codes", first_in_the_province),
        0,
        [rate(MINE, beside={"f": "code b"})],
    ),
    "a slip's dossier by device and id": (
        of_any_device,
        0,
        [rate(make_event_id("slip", "c", 1), beside={"r": DOSSIERS[1]})],
    ),
    "a slip's signature": (without(slip, "is_genuine", lambda *_said: True), 4, [("forge", "b")]),
    "a page's signature": (without(note_token, "is_genuine", lambda *_said: True), 6, [("forge", "c")]),
}


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def province(request: pytest.FixtureRequest) -> Province:
    made: Province = request.getfixturevalue(request.param)
    return made


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_that_protects_others_the_machine_finds_it(
    province: Province, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, place, acts = RULES[rule]
    plan = RoguePlan(WHOLE, ((place, tuple(acts)),))
    assert find_harm(province, plan) == []
    with monkeypatch.context() as off:
        broken(off)
        assert find_harm(province, plan) != []


def amid(acts: list[Act]) -> st.SearchStrategy[RoguePlan]:
    """Plans against any week and at any place in it in which a rogue does this after something else."""
    def plan(week: int, place: int, before: tuple[Act, ...]) -> RoguePlan:
        return RoguePlan(week, ((place, (*before, *acts)),))

    before = st.lists(acts_in(week_of(0)), max_size=2).map(tuple)
    return st.builds(plan, st.integers(0, len(WEEKS) - 1), st.integers(0, 9), before)


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_drawn_plans_find_it(province: Province, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, _place, acts = RULES[rule]
    drawn = settings(many, max_examples=150, phases=[Phase.generate])
    with monkeypatch.context() as off:
        broken(off)
        find(amid(acts), lambda plan: find_harm(province, plan) != [], settings=drawn)


#: Rows that matter inside the rogue's own agency alone, or bind the centre's own recorders → the test that asks for
#: each of them.
_AUTHORITY = Path("admin") / "responses" / "test_authority.py"
_WALKED = "test_without_its_row_the_same_entry_has_another_effect"
ELSEWHERE: dict[tuple[EntryField, Recorder], str] = {
    **{(field, by): _WALKED for field in (EntryField.PROCEDURE, EntryField.STAGE, EntryField.TIME) for by in Recorder},
    (EntryField.DESK, Recorder.DESK): _WALKED,
    (EntryField.MONTH, Recorder.DESK): _WALKED,
    (EntryField.MONTH, Recorder.PHONE): _WALKED,
    (EntryField.CHANNEL, Recorder.PHONE): _WALKED,
    (EntryField.CHANNEL, Recorder.IMPORT): _WALKED,
    (EntryField.DECIDER, Recorder.PHONE): "test_a_decider_is_that_of_the_slip_that_another_system_announced",
    (EntryField.DECIDER, Recorder.IMPORT): _WALKED,
    (EntryField.ANCHOR, Recorder.DESK): "test_an_anchor_bounds_time_only_by_a_receipt_that_the_centre_gave",
}


def test_every_row_of_the_table_is_asked_for_here_or_elsewhere() -> None:
    here = {(field, Recorder.DESK) for field in (EntryField.AGENCY, EntryField.DECIDER, EntryField.CHANNEL)}
    assert here.isdisjoint(ELSEWHERE) and TABLE.keys() == here | ELSEWHERE.keys()
    elsewhere = (Path(__file__).parents[1] / _AUTHORITY).read_text(encoding="utf-8")
    assert all(f"def {name}(" in elsewhere for name in ELSEWHERE.values())
