"""`hailong admin responses list` over a real desk: what is listed, for whom, and nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from admin.cli import cli, uncounted_reason_words
from admin.responses import field_authority, transaction_rules
from models.tables.response import Response
from tests.fixtures.centre_and_desk import Centre, pair_centre_and_desk


def ran(centre: Centre, *words: str) -> Result:
    env = {"HAILONG_INSTANCE": str(centre.settings.instance), "DATABASE_URL": None}
    return CliRunner().invoke(cli, ["responses", "list", *words], env=env)


@pytest.mark.parametrize(
    ("name", "column", "value", "why"),
    [
        ("not-counted", "reason", "wrong_channel", "khai kênh không phải của mình [wrong_channel]"),
        ("ignored", "ignored", ["decider", "tie"],
         "cơ quan giải quyết [decider], mã của phiếu hẹn hoặc hồ sơ [tie]"),
        ("joined", "joined", ["d-0001", "d-0002"], "d-0001, d-0002"),
    ],
)  # fmt: skip
def test_a_list_names_the_ledger_and_the_reason(
    tmp_path: Path, name: str, column: str, value: object, why: str
) -> None:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        desk.rate(4)
        assert desk.sync(url=centre.url).state == "ok"
        assert ran(centre, name).stdout.startswith("Không có phiếu nào")
        changes = {column: value, **({"outcome": "not_counted"} if column == "reason" else {})}
        with centre.database.write() as session:
            session.execute(update(Response).values(changes))
        (one,) = json.loads(ran(centre, name, "--json").stdout)["responses"]
        shown = ran(centre, name, one["agency"])
        assert shown.exit_code == 0 and shown.stdout.startswith(f"{one['device']}/1 · dòng {one['seq']} · ")
        assert f"{one['agency']} · {why}\n1 phiếu" in shown.stdout and "score" not in one
        unknown = ran(centre, name, "NOWHERE")
        assert unknown.exit_code == 1 and unknown.stderr.startswith("unknown_agency: ")


def test_every_field_that_can_be_passed_over_has_words() -> None:
    names = [*field_authority.EntryField, transaction_rules.TIE]
    assert uncounted_reason_words.describe_fields(names).count("[") == len(names)
