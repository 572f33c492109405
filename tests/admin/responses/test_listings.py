"""Lists of responses: not counted, taken in part, joined over two devices; each as it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sqlalchemy import func, select

from admin.responses import listings, projection
from models.protocol import dossier_code, sidecar
from models.storage.database import Database
from models.tables.response import Response
from models.vocabulary import Stage
from tests.fixtures.ledger_writer import LedgerWriter

OWN, OTHER = "NB-14701", "NB-14725"
STEP = dossier_code.make_transaction_name({"2025-10": "5a" * 16}, Stage.RESULT)


def sent(database: Database, device: LedgerWriter, *opened: sidecar.Sidecar) -> None:
    assert device.send(database, device.batch(sidecars=opened))[0] == 200
    with database.write() as session:
        projection.project_entries(session, device.dev, 1)


def test_each_list_holds_what_came_and_nothing_else(
    store_with_agencies: Database, writer: Callable[..., LedgerWriter]
) -> None:
    device = writer()
    for says in ({"channel": "qr"}, {"agency": OTHER}, {"decider": OTHER, "procedure": "9.9"}, {}, {"drill": True}):
        device.rate(4, **says)
    sent(store_with_agencies, device)
    with store_with_agencies.read() as session:
        refused = listings.list_responses(session, "not-counted")
        ignored = listings.list_responses(session, "ignored", OWN)
        elsewhere = [listings.list_responses(session, name, OTHER) for name in listings.LISTS]
        joined = listings.list_responses(session, "joined")
        came = session.scalar(select(func.count()).select_from(Response))
        counted = session.scalar(select(func.count()).where(Response.outcome == "counted"))
    assert Counter(one.reason for one in refused) == {"wrong_channel": 1, "foreign_agency": 1, "drill": 1}
    assert [(one.seq, one.ignored) for one in ignored] == [(3, ("decider", "procedure"))]
    assert counted is not None
    assert (len(refused) + counted, elsewhere, joined) == (came, [[], [], []], [])
    assert {(one.device, one.epoch, one.agency) for one in refused} == {(device.dev, 1, OWN)}


def test_two_devices_whose_answers_were_joined_are_named_with_both(
    store_with_agencies: Database, writer: Callable[..., LedgerWriter]
) -> None:
    devices = [writer("NB-14701-Q1"), writer("NB-14701-Q2")]
    for device in devices:
        id = device.dev.encode().hex().ljust(32, "0")[:32]
        side = sidecar.make_opening(id, "r", STEP)
        device.rate(4, id=id, stage="result", r=side.commitment)
        sent(store_with_agencies, device, side)
    with store_with_agencies.read() as session:
        joined = listings.list_responses(session, "joined")
    both = tuple(sorted(device.dev for device in devices))
    assert sorted(one.outcome for one in joined) == ["counted", "superseded"]
    assert {one.joined for one in joined} == {both}
