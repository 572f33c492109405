"""An id names one response of one device: two desks that use the same one keep, each, what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from admin.ledgers import recorder
from admin.ledgers.signing_keys import IMPORT, WEB, CentreKeys
from admin.responses import projection, sidecars
from admin.statistics import restricted_items
from models.protocol import sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.device import Epoch
from models.tables.response import FollowUp, Note, OpenedSidecar, Response, Tie, matches_response
from models.vocabulary import Channel, ResponseState
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
ID = "7" * 32


def count(store: Database, device: LedgerWriter) -> None:
    with store.write() as session:
        projection.project_entries(session, device.dev, 1)


def send(store: Database, device: LedgerWriter, *beside: Sidecar, first: int = 1) -> None:
    assert device.send(store, device.batch(first, sidecars=beside))[0] == 200
    count(store, device)


def beside(device: LedgerWriter, number: int) -> list[Sidecar]:
    """Words, a follow-up code, a slip and answers for the province alone, all of one desk's answer."""
    province = f'{{"answers":[["N5",{number}]],"id":"province","version":1}}'
    values = {"c": f"Lời {number}", "f": f"{number}" * 64, "r": f"{device.dev}:1:1", "x": province}
    return [sidecar.make_opening(ID, kind, value) for kind, value in values.items()]


def rated(device: LedgerWriter, score: int, openings: list[Sidecar]) -> None:
    commitments: dict[str, Any] = {one.kind: one.commitment for one in openings}
    device.rate(score, id=ID, **commitments)


def of(store: Database, device: str) -> Response:
    with store.read() as session:
        return session.scalars(select(Response).where(Response.device_id == device)).one()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "second"])
def test_both_count_each_with_what_came_beside_it(
    store_with_agencies: Database, writer: Make, order: tuple[int, int]
) -> None:
    store = store_with_agencies
    desks = [writer(), writer("NB-14725-Q1")]
    for number in order:
        openings = beside(desks[number], number + 1)
        rated(desks[number], 5 - number, openings)
        send(store, desks[number], *openings)
    for number, desk in enumerate(desks, 1):
        row = of(store, desk.dev)
        assert (row.outcome, row.reason, row.score) == ("counted", None, 6 - number)
        with store.read() as session:
            said = select(OpenedSidecar.value).where(OpenedSidecar.device_id == desk.dev, OpenedSidecar.kind == "c")
            assert session.scalars(said).all() == [f"Lời {number}"]
            assert session.get_one(FollowUp, (f"{number}" * 64, desk.dev)).response_id == row.id
            assert session.get_one(Tie, row.id).key == f"{desk.dev}:1:1"
    kept = [of(store, desks[number].dev).id for number in order]
    assert kept == [ID, f"{desks[order[1]].dev}/{ID}"]
    with store.read() as session:
        months = {of(store, desk.dev).month for desk in desks}
        joined = restricted_items._given  # what is read is counted below: one answer each, none twice
        values = session.scalars(
            select(OpenedSidecar.value)
            .join(Response, matches_response(OpenedSidecar.device_id, OpenedSidecar.id))
            .where(OpenedSidecar.kind == "x", Response.month.in_(months))
        ).all()
        assert sorted(joined(value)["N5"] for value in values) == [1, 2]


def test_words_find_the_answer_of_the_tablet_that_showed_the_page(
    store_with_agencies: Database, writer: Make
) -> None:
    store = store_with_agencies
    desks = [writer(), writer("NB-14725-Q1")]
    for number, desk in enumerate(desks):
        with store.write() as session:
            session.add(
                Note(response_id=ID, device_id=desk.dev, text=f"Lời {number}", lang="vi", browser=f"{number}",
                     follow=f"{number}" * 64, received_ms=START)
            )  # fmt: skip
    for desk in desks:
        desk.rate(4, id=ID)
        send(store, desk)
    for number, desk in enumerate(desks):
        with store.read() as session:
            assert session.get_one(OpenedSidecar, (desk.dev, ID, "n")).value == f"Lời {number}"
            assert session.get_one(FollowUp, (f"{number}" * 64, desk.dev)).response_id == of(store, desk.dev).id


def test_words_left_waiting_find_it_too(store_with_agencies: Database, writer: Make) -> None:
    store = store_with_agencies
    desks = [writer(), writer("NB-14725-Q1")]
    for desk in desks:
        desk.rate(4, id=ID)
        send(store, desk)
    with store.write() as session:
        session.add(
            Note(response_id=ID, device_id=desks[1].dev, text="Lời", lang="vi", browser="b", received_ms=START)
        )
        session.flush()
        sidecars.attach_and_expire_notes(session, START)
        assert session.get_one(OpenedSidecar, (desks[1].dev, ID, "n")).value == "Lời"
        assert session.get(OpenedSidecar, (desks[0].dev, ID, "n")) is None


def test_a_second_use_by_the_same_device_is_not_counted_and_takes_nothing(
    store_with_agencies: Database, writer: Make
) -> None:
    """Also where its first answer is kept beside another device's."""
    store, other, device = store_with_agencies, writer(), writer("NB-14725-Q1")
    other.rate(5, id=ID)
    send(store, other)
    openings = beside(device, 1)
    rated(device, 4, openings)
    send(store, device, *openings)
    rated(device, 1, openings)
    send(store, device, *openings, first=2)
    with store.read() as session:
        rows = session.scalars(select(Response).where(Response.device_id == device.dev).order_by(Response.seq)).all()
        assert [(row.id, row.reason) for row in rows] == [
            (f"{device.dev}/{ID}", None),
            (f"@{device.dev}/1/2", "duplicate_id"),
        ]
        assert session.scalars(select(Tie.response_id)).all() == [f"{device.dev}/{ID}"]
    assert of(store, other.dev).outcome == "counted"


def test_a_ledger_read_again_keeps_its_names(store_with_agencies: Database, writer: Make) -> None:
    store, first, second = store_with_agencies, writer(), writer("NB-14725-Q1")
    for desk in (first, second):
        desk.rate(4, id=ID)
        send(store, desk)
    with store.write() as session:
        session.delete(session.get_one(Response, f"{second.dev}/{ID}"))
        session.execute(update(Epoch).where(Epoch.device_id == second.dev).values(projected_seq=0))
        session.flush()
        projection.project_entries(session, second.dev, 1)
    assert of(store, second.dev).id == f"{second.dev}/{ID}" and of(store, second.dev).outcome == "counted"


def test_the_centre_s_recorders_are_one_device_and_not_a_desk_s(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    store, desk = store_with_agencies, writer()
    desk.rate(4, id=ID)
    send(store, desk)
    for name, channel in ((WEB, Channel.QR), (IMPORT, Channel.PAPER)):
        rating = Rating(
            agency="NB-14725", desk=None, instrument="short", version=1, channel=channel, state=ResponseState.COMPLETE,
            lang="vi", answers={"overall": 3},
        )  # fmt: skip
        with store.write() as session:
            answer = recorder.RecordedAnswer(ID, rating.payload(), START + 1000)
            epoch = recorder.record_answers(session, keys, name, [answer], START + 2000)
            projection.project_entries(session, name, epoch.epoch)
    found = {name: of(store, name) for name in (desk.dev, WEB, IMPORT)}
    assert [(found[name].outcome, found[name].reason) for name in found] == [
        ("counted", None),
        ("counted", None),
        ("not_counted", "duplicate_id"),
    ]
    assert found[WEB].id == f"{WEB}/{ID}"
