"""`hailong admin simulate`: it says what it lacks, or that nothing is to add; no draw is too odd."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from admin import demo
from admin.cli import cli
from admin.demo import simulated_desks, simulated_world
from admin.demo.simulated_desks import DeskTask, SimulatedLedgerEnd
from admin.settings import Settings
from models import clock, ids
from models.protocol import entry_chain
from models.tables.device import BatchLog
from models.tables.staff_account import StoreMark
from models.vocabulary import Stage

IMPORTS = (("agencies", "import", str(demo.AGENCIES)), ("procedures", "import", str(demo.PROCEDURES)))


def ran(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, words, env={"HAILONG_INSTANCE": str(folder), "DATABASE_URL": None})


def refused(folder: Path, *words: str) -> str:
    result = ran(folder, "simulate", *words)
    assert result.exit_code == 1 and result.stdout == "" and result.stderr.count("\n") == 1, result.output
    return result.stderr.partition(":")[0]


def test_simulate_says_what_is_missing_and_what_is_there_already(tmp_path: Path) -> None:
    few = ("--agencies", "2", "--days", "3", "--seed", "5")
    assert ran(tmp_path, "upgrade").exit_code == 0
    assert refused(tmp_path, *few) == "no_agencies"
    ran(tmp_path, *IMPORTS[0])
    assert refused(tmp_path, *few) == "no_procedures"
    with Settings.load(tmp_path).database().read() as session:
        assert session.get(StoreMark, "practice") is None  # a refusal marks nothing
    ran(tmp_path, *IMPORTS[1])
    played = ran(tmp_path, "simulate", *few)
    assert played.exit_code == 0 and json.loads(played.stdout), played.output
    signed = json.loads(ran(tmp_path, "clock", "--json").stdout)["newest_signed_ms"]
    with Settings.load(tmp_path).database().read() as session:
        assert signed == session.scalar(select(func.max(BatchLog.received_ms)))
    assert refused(tmp_path, *few) == "already_played"
    assert refused(tmp_path, "--agencies", "2", "--days", "9", "--seed", "5") == "already_played"
    assert refused(tmp_path, "--agencies", "2", "--days", "3", "--seed", "6") == "other_plan"
    assert refused(tmp_path, "--agencies", "3", "--days", "9", "--seed", "5") == "other_plan"


@pytest.mark.parametrize("words", [("--agencies", "0"), ("--agencies", "-1"), ("--days", "0"), ("--days", "-4"),
                                   ("--days", "1000000"), ("--seed", "x")], ids=" ".join)  # fmt: skip
def test_plans_that_mean_nothing_are_wrong_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    assert ran(tmp_path, "simulate", *words).exit_code == 2


@pytest.mark.parametrize("seed", [0, -3, 2**70])
def test_the_smallest_plan_plays_with_any_seed(seed: int, tmp_path: Path) -> None:
    for words in (("upgrade",), *IMPORTS):
        assert ran(tmp_path, *words).exit_code == 0
    result = ran(tmp_path, "simulate", "--agencies", "1", "--days", "1", "--seed", str(seed))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("drawn", ["0.000000", "0.999999", "1.000000"])  # as rounded to six places
@pytest.mark.parametrize("typ", ["rating", "token"])
def test_every_draw_names_a_procedure(drawn: str, typ: str) -> None:
    seed, day, codes = 1, datetime.date(2026, 3, 2), ("1.000001", "1.000002", "1.000003")
    unit = simulated_world.SimulatedAgency("NB-14329", "ward", 1.0, 0.5, 1)
    key = simulated_world.derive_device_key(seed, "NB-14329-Q1")
    player = SimulatedLedgerEnd("d-0001", "NB-14329-Q1", 0, "0" * 64, 0, False, None)
    desk = simulated_desks._Desk(DeskTask(seed, unit, 1, day, day, player, codes, key.public, key.public))
    t = clock.day_start(day.isoformat()) + 9 * 3_600_000
    desk.happens(
        simulated_world.DeskEvent(
            typ, t, ids.build_id(t, 7), {"overall": 5}, (), "complete", "vi", Stage.RESULT, drawn, 3000
        )
    )
    assert entry_chain.parse(desk.lines[0]).p["procedure"] in codes
