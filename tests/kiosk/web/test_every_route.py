"""Every address of the desk, whatever is sent or befell its store: one sentence and a stable code.

The addresses come from the app's own map, so a new one is asked too.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from kiosk.sync import carried_files
from models.storage.sqlite_module import load_sqlite_module
from tests.fixtures.desk_routes import FIELDS, QUERY, DeskRoutes, find_reply_faults
from tests.fixtures.hostile_values import (
    DOCUMENTS,
    HEADER_TEXTS,
    HEADERS,
    METHODS,
    PARTS,
    TEXTS,
    encode_form,
    make_form_changes,
)

KIOSK = Path(__file__).resolve().parents[3] / "kiosk"


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskRoutes]:
    monkeypatch.setattr(carried_files, "_sticks", list)  # none of this machine's
    made = DeskRoutes(tmp_path / "desk")
    made.pragma("synchronous", 0)  # thousands of requests; what a power cut would take is asked elsewhere
    yield made
    made.store.close()


def test_hostile_addresses_and_methods(doors: DeskRoutes) -> None:
    def replies() -> Iterator[TestResponse]:
        queries = itertools.cycle(encode_form(dict.fromkeys(QUERY, value)) for value in TEXTS)
        for turn, rule in enumerate(doors.rules()):
            doors.ready(rule)
            for method in METHODS:
                yield doors.ask(rule, method)
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            for value in TEXTS[turn % 2 :: 2] if rule.arguments else ():
                yield doors.ask(rule, method, address=doors.address(rule, value), query=next(queries))
            for _ in range(4):
                yield doors.ask(rule, method, query=next(queries) + b"&lang")
        for value in TEXTS:
            yield doors.ask(rule, "GET", address="/" + quote_from_bytes(value), query=next(queries))

    assert find_reply_faults(replies()) == []


def test_hostile_forms(doors: DeskRoutes) -> None:
    def replies() -> Iterator[TestResponse]:
        for rule in doors.rules():
            if "POST" not in (rule.methods or ()):
                continue
            seen = 0
            for changed in make_form_changes(FIELDS):
                doors.ready(rule)
                reply = doors.ask(rule, "POST", data=doors.form(rule, changed))
                seen += reply.status_code in (200, 201, 204, 303) or rule.rule == "/slips"  # which takes JSON alone
                yield reply
            assert seen, f"nothing sent to {rule.rule} got as far as its view"
            doors.ready(rule)
            whole = doors.form(rule)
            for data in (whole + b"&" + whole, whole + b"".join(b"&topic=%d" % n for n in range(3_000)), b"=&&=&;&%"):
                yield doors.ask(rule, "POST", data=data)

    assert find_reply_faults(replies()) == []


def test_hostile_documents_and_parts(doors: DeskRoutes) -> None:
    def replies() -> Iterator[TestResponse]:
        parts = "multipart/form-data"
        kinds = itertools.cycle((f"{parts}; boundary=x", parts, "", "text/plain", "\xff/\xff"))
        for turn, rule in enumerate(doors.rules()):
            if "POST" in (rule.methods or ()):
                doors.ready(rule)
                for data in DOCUMENTS if rule.rule == "/slips" else DOCUMENTS[turn % 3 :: 3]:
                    yield doors.ask(rule, "POST", data=data, kind="application/json")
                for data in PARTS:
                    yield doors.ask(rule, "POST", data=data, kind=next(kinds))

    assert find_reply_faults(replies()) == []


def test_hostile_headers(doors: DeskRoutes) -> None:
    def asked() -> Iterator[dict[str, str]]:
        values = itertools.cycle(HEADER_TEXTS)
        yield from ({name: next(values)} for name in HEADERS)
        yield from (dict.fromkeys(set(HEADERS) - {"Host", "Content-Type"}, value) for value in HEADER_TEXTS)

    def replies() -> Iterator[TestResponse]:
        sets = itertools.cycle(list(asked()))
        for rule in doors.rules():
            doors.ready(rule)
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                data = doors.form(rule)
                for headers in itertools.islice(sets, 17):  # other ones each time
                    reply = doors.ask(rule, method, data=data, headers=headers)
                    if "Accept" not in headers or reply.is_json or reply.status_code == 412:
                        yield reply
                    else:  # a page
                        assert reply.status_code < 400 or f"HL-{reply.status_code}" in reply.text
                        assert reply.status_code not in (500, 501, 502, 504)

    assert find_reply_faults(replies()) == []


def good(doors: DeskRoutes) -> Iterator[tuple[str, TestResponse]]:
    """Every address as it is meant to be asked, by GET and POST."""
    for rule in doors.rules():
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            slip = rule.rule == "/slips"
            data = b'{"stage": "result"}' if slip else doors.form(rule)
            yield rule.rule, doors.ask(rule, method, data=data)


def deleted(doors: DeskRoutes) -> None:
    for file in doors.folder.glob("kiosk.sqlite*"):
        file.unlink()


def replaced(doors: DeskRoutes) -> None:
    copy = doors.folder / "copy"
    shutil.copyfile(doors.folder / "kiosk.sqlite", copy)
    copy.replace(doors.folder / "kiosk.sqlite")


def removed(doors: DeskRoutes) -> None:
    shutil.rmtree(doors.folder)


def full(doors: DeskRoutes) -> None:
    with doors.store.read() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    doors.pragma("max_page_count", pages)
    for size in (1_000, 10):  # what is left inside the last pages
        with contextlib.suppress(DBAPIError):
            for number in range(500):
                doors.remember(**{f"filling_{size}_{number}": "x" * size})
    for _ in range(60):
        if doors.ask(doors.rule("/slips"), "POST", data=b'{"stage": "result"}').status_code == 507:
            break


def read_only(doors: DeskRoutes) -> None:
    doors.pragma("query_only", 1)


def locked(doors: DeskRoutes) -> None:
    doors.pragma("busy_timeout", 1)
    doors.other = load_sqlite_module().connect(doors.folder / "kiosk.sqlite", isolation_level=None)
    doors.other.execute("BEGIN EXCLUSIVE")


@pytest.mark.parametrize(
    ("befall", "status", "codes"),
    [
        (deleted, 503, {"no_store"}), (replaced, 503, {"no_store"}), (removed, 503, {"no_store", "store_failed"}),
        (full, 507, {"disk_full"}), (read_only, 507, {"read_only"}), (locked, 503, {"store_busy"}),
    ],
    ids=["deleted", "replaced", "removed", "full", "read_only", "locked"],
)  # fmt: skip
def test_what_befalls_the_store_is_said_by_every_address(
    doors: DeskRoutes, befall: Callable[[DeskRoutes], None], status: int, codes: set[str]
) -> None:
    """What is not lost for good goes on by itself."""
    for rule in doors.rules():
        doors.ready(rule)
    befall(doors)
    found = list(good(doors))
    assert find_reply_faults(reply for _, reply in found) == []
    assert all(reply.status_code == status for path, reply in found if reply.status_code >= 500 and path != "/healthz")
    failed = [(path, reply.get_json()) for path, reply in found if reply.status_code >= 500 and path != "/healthz"]
    said = {path: value["error"]["code"] for path, value in failed}
    assert set(said.values()) <= codes
    others = () if befall is full else ("/", "/rate", "/staff/pin", "/officer/slip")  # may fit into the last page
    for path in ("/slips", *others):
        assert said[path] in codes, path
    health = next(reply for path, reply in found if path == "/healthz")
    assert health.status_code == 503 and health.get_json()["code"] in codes
    if doors.other is not None:
        doors.other.close()
        assert doors.ask(doors.rule("/healthz"), "GET").status_code == 200
    assert ("error" in health.get_json()) == (befall in (deleted, replaced, removed))  # where a restart may help
