"""Upkeep that meets what it cannot do: each draft and each step by itself, and the failure is told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from admin import jobs
from admin.cli import cli
from admin.ledgers import centre_clock, witness
from admin.ledgers.signing_keys import CentreKeys
from admin.survey import phone_drafts
from models import clock
from models.tables.response import PhoneDraft, Response
from models.tables.slip_record import DossierKey
from models.tables.tally import StaleTally
from tests.fixtures.rogue_world import HOUR, Province, Week, make_event_id

#: A store that refuses one answer, whatever the reason.
REFUSES = {
    "sqlite": "CREATE TRIGGER refused BEFORE INSERT ON response WHEN NEW.id = '{}' "
    "BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "postgresql": "ALTER TABLE response ADD CONSTRAINT refused CHECK (id <> '{}')",
}
NO_MORE = {"sqlite": "DROP TRIGGER refused", "postgresql": "ALTER TABLE response DROP CONSTRAINT refused"}
LEFT = ("b", "c")


@pytest.fixture
def week(store_url: str, keys: CentreKeys) -> Iterator[Week]:
    """Two citizens of two agencies touched a face and put their phones away."""
    province = Province(store_url, keys)
    with province.store.write() as session:
        week = Week(province, session)
        for who in LEFT:
            week.slip(who, 1, None)
            week.send(who)
            week.begin(who, 1, 1, 4)
            week.now += 1
    week.now += phone_drafts.IDLE_MS
    yield week
    province.store.close()


def run(week: Week, statements: dict[str, str], *names: str) -> None:
    with week.province.store.write() as session:
        session.execute(text(statements[session.get_bind().dialect.name].format(*names)))


def found(session: Session) -> tuple[list[str], list[str]]:
    """The drafts that are left, and the answers that are counted."""
    drafts = session.scalars(select(PhoneDraft.response_id).order_by(PhoneDraft.t))
    return list(drafts), list(session.scalars(select(Response.id).where(Response.outcome == "counted")))


def test_a_draft_that_cannot_be_sealed_keeps_no_other_from_being_sealed(
    week: Week, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log, waits, and does not make the centre look ill."""
    first, second = (make_event_id("phone", who, 1, 1) for who in LEFT)
    run(week, REFUSES, first)
    with caplog.at_level(logging.ERROR):
        jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    assert first in caplog.text
    with week.province.store.read() as session:
        assert found(session) == ([first], [second])
        assert session.scalars(select(DossierKey)).all(), "and what comes after it is done"
    run(week, NO_MORE)
    jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    with week.province.store.read() as session:
        assert found(session)[0] == [] and set(found(session)[1]) == {first, second}


def doctor(week: Week, now_ms: int, *words: str) -> str:
    """What the command says at a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "wall_ms", lambda: now_ms)
        ran = CliRunner().invoke(cli, ["doctor", *words], env={"DATABASE_URL": week.province.store.url})
    assert ran.exit_code == 0, ran.output
    return " ".join(ran.stdout.split())


def test_whoever_asks_the_doctor_hears_which_answers_wait_too_long_and_nothing_of_what_they_say(week: Week) -> None:
    first, second = (make_event_id("phone", who, 1, 1) for who in LEFT)
    run(week, REFUSES, first)
    jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    since = week.now - 2  # when a quarter of an hour was over
    assert "Không có câu trả lời nào trên điện thoại chờ quá lâu." in doctor(week, since + HOUR)
    message = doctor(week, since + HOUR + 1)
    assert message.startswith("1 câu trả lời trên điện thoại chờ quá một giờ mà chưa được tính, lâu nhất từ")
    assert "Không câu nào bị mất" in message and "«sealing»" in message
    assert f" {first} từ " in message and second not in message
    waiting = {"n": 1, "since_ms": since, "answers": [{"id": first, "since_ms": since}]}
    assert json.loads(doctor(week, since + HOUR + 1, "--json"))["phone_answers_waiting"] == waiting
    run(week, NO_MORE)
    jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    none: dict[str, object] = {"n": 0, "since_ms": None, "answers": []}
    assert json.loads(doctor(week, since + HOUR + 1, "--json"))["phone_answers_waiting"] == none


def test_a_clock_that_may_lie_is_what_the_answers_wait_for(week: Week) -> None:
    with week.province.store.write() as session:
        centre_clock.record_signed_time(session, week.now + 2 * HOUR)
    message = doctor(week, week.now)
    assert message.startswith("2 câu trả lời") and "hailong admin clock" in message and "«sealing»" not in message


def test_a_step_that_fails_is_told_and_the_others_are_done(week: Week) -> None:
    run(week, {name: "ALTER TABLE idempotent_reply RENAME TO away" for name in REFUSES})
    with pytest.raises(Exception, match="idempotent_reply"):
        jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    with week.province.store.read() as session:
        assert set(found(session)[1]) == {make_event_id("phone", who, 1, 1) for who in LEFT}
        assert session.scalars(select(DossierKey)).all() and not session.scalars(select(StaleTally)).all()


def test_the_first_step_too(week: Week) -> None:
    """What a desk sent is read though nothing can be sealed."""
    pen = week.pens["c"]
    pen.rate(5, id=make_event_id("tap"), t=week.now)
    with week.province.store.write() as session:
        batch = witness.verify_batch_body(session, pen.batch(pen.sent + 1, now=week.now), week.centre.public)
        assert witness.accept_batch(session, batch, week.now, week.centre.key).status == 200
    run(week, {name: "ALTER TABLE phone_draft RENAME TO away" for name in REFUSES})
    with pytest.raises(Exception, match="phone_draft"):
        jobs.update_responses_and_tallies(week.province.store, week.centre, week.now)
    with week.province.store.read() as session:
        assert session.scalars(select(Response.id)).all() == [make_event_id("tap")]
        assert session.scalars(select(DossierKey)).all() and not session.scalars(select(StaleTally)).all()
