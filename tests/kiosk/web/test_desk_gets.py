"""Every address of the desk asked for by GET: nothing is changed.

Whoever asks, and in whatever state its ratings are. The addresses come from the app's own map; one whose parts nobody
knows how to fill in fails the test.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.auth import sessions
from kiosk.desk import practice, reference, state
from kiosk.rating import drafts
from kiosk.tablet import thanks_code
from models import ids
from models.clock import Moment
from models.tables.desk_store import DeskState, Draft
from models.tables.desk_store import Reference as StoredReference
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows
from tests.fixtures.desk_routes import QUERY, DeskRoutes
from tests.fixtures.instance_contents import ASKED_BY, find_changes, read_contents
from tests.fixtures.paired_desk import change_reference

SOUND = b"ID3 a recording"


class Ratings(DeskRoutes):
    """The desk with a rating in every state, a recording, a dossier that was named, digits that were typed wrong."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        now, by = self.at, {}
        past = Moment(now.t - 3_600_000, now.mono - 3_600_000)
        with self.store.write() as session:
            known = reference.read_reference(session, now)
            assert known is not None
            for name in ("sent", "open", "taken back", "idle", "of an earlier start", "never tapped"):
                by[name] = id = ids.new_id(now.t)
                if name != "never tapped":
                    drafts.open_rating(session, id, 4, past if name == "idle" else now, lang="vi")
            drafts.store_topics(session, by["open"], ["wait", "fees"], now)
            drafts.store_answer(session, by["open"], "A", 3, now)
            drafts.undo_tap(session, by["taken back"], now)
            drafts.store_topics(session, by["sent"], ["wait"], now)
            thanks_code.assign_code(session, by["sent"], now)
            drafts.seal_complete(session, by["sent"], None, now, follow="0" * 64)
            session.get_one(Draft, by["of an earlier start"]).boot -= 1
            desk_state_rows.put_texts(session, pin_tries=3, pin_mono=now.mono, pin_boot=state.read_state(session).boot)
            desk_state_rows.put_texts(
                session, serving_dossier="{}", serving_dossier_ms=now.t, serving_stage=Stage.RESULT.value
            )
        self.ratings = by
        media = folder / "media"
        media.mkdir()
        (media / ("5" * 64)).write_bytes(SOUND)
        prompt = {"id": "overall", "lang": "vi", "sha": "5" * 64, "size": len(SOUND), "mime": "audio/mpeg"}
        change_reference(self.app, lambda value: value.update(prompts=[prompt]))

    def parts(self) -> dict[str, list[str]]:
        """What the parts of an address may be: what is really there, in each of its states, and what is not."""
        return {
            "id": [*self.ratings.values(), "x"], "item": ["A", "Z"], "serial": [str(self.serial), "4711"],
            "filename": ["kiosk.css", "nothing.css"], "sha": ["5" * 64, "0" * 64],
        }  # fmt: skip

    def addresses(self) -> Iterator[str]:
        """Every address of the app that can be asked for by GET, filled in in every way."""
        parts = self.parts()
        for rule in self.rules():
            if "GET" not in (rule.methods or ()):
                continue
            unknown = rule.arguments - parts.keys()
            assert not unknown, f"{rule.rule}: nobody knows what to put for {sorted(unknown)}"
            names = sorted(rule.arguments)
            for values in itertools.product(*(parts[name] for name in names)):
                with self.app.test_request_context():
                    yield self.app.url_map.bind("x").build(rule.endpoint, dict(zip(names, values, strict=True)))

    def walk(self) -> list[str]:
        """Ask for all of them by GET and HEAD, in every way and as everybody; what changed, by address."""
        query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in QUERY.items())
        ways = itertools.cycle(ASKED_BY.items())
        found, before, asked = [], read_contents(self.store, self.folder), 0
        for address in self.addresses():
            for (method, who), (_way, headers) in zip(
                itertools.product(("GET", "HEAD"), ("nobody", "staff", "officer")), ways, strict=False
            ):
                own = {"Cookie": f"{sessions.COOKIE}={self.cookies[who]}"} if who in self.cookies else {}
                where = address if method == "HEAD" or who == "nobody" else f"{address}?{query}"
                reply = self.app.test_client(use_cookies=False).open(where, method=method, headers={**headers, **own})
                assert reply.status_code < 500, f"{method} {where} → {reply.status_code}"
                asked += 1
            after = read_contents(self.store, self.folder)
            found += [f"{address}: {change}" for change in find_changes(before, after)]
            before = after
        assert asked > 200
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Ratings]:
    made = Ratings(tmp_path / "desk")
    yield made
    made.store.close()


@pytest.mark.parametrize("practising", [False, True], ids=["real", "practice"])
def test_every_address_leaves_the_whole_instance_as_it_is(desk: Ratings, practising: bool) -> None:
    if practising:
        with desk.store.write() as session:
            practice.begin_practice(session, desk.at)
    assert desk.walk() == []


def test_so_it_is_when_the_desk_must_be_paired_again(desk: Ratings) -> None:
    """Without a ledger what is over stays a draft."""
    with desk.store.write() as session:
        value = json.loads(session.get_one(StoredReference, 1).document)
        reference.store_reference(session, json.dumps(value).encode(), desk.at.t)
        for name in ("device", "epoch", "certificate"):
            row = session.get(DeskState, name)
            assert row is not None
            session.delete(row)
    assert desk.walk() == []


def test_and_what_was_open_can_still_be_said_more_of(desk: Ratings) -> None:
    desk.walk()
    with desk.store.read() as session:
        for name, said in (("open", "open"), ("taken back", "undone"), ("idle", "open"), ("sent", "sealed")):
            view = drafts.find_draft(session, desk.ratings[name])
            assert view is not None and view.state == said, name
        again = drafts.find_draft(session, desk.ratings["open"])
    assert again is not None and set(again.topics) == {"wait", "fees"}
    page = desk.app.test_client().get(f"/rate/{desk.ratings['sent']}/thanks")
    assert 'class="number"' in page.text  # and the code is still there for whoever has just sent it
