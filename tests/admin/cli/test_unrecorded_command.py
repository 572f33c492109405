"""`hailong admin slips unrecorded` and `verify` over a real desk that signs a slip beside its ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from admin.cli import cli
from models.keys import signing_key
from models.protocol import slip
from tests.fixtures.phone import Phone, minted
from tests.fixtures.scene import Centre, paired


def ran(centre: Centre, *words: str) -> Result:
    env = {"HAILONG_INSTANCE": str(centre.settings.instance), "DATABASE_URL": None}
    return CliRunner().invoke(cli, list(words), env=env)


def test_a_slip_beside_the_ledger_is_listed_and_verify_names_its_device(tmp_path: Path) -> None:
    with paired(tmp_path) as (centre, desk):
        token = minted(desk)
        assert desk.sync(url=centre.url).state == "ok"
        Phone(centre).tap(token, 5)
        assert json.loads(ran(centre, "slips", "unrecorded", "--json").stdout) == {"n": 0, "slips": []}
        assert "Không có phiếu hẹn nào" in ran(centre, "slips", "unrecorded").stdout
        assert ran(centre, "verify").exit_code == 0
        paper, _signature = slip.parse(token)
        key = signing_key(desk.settings.key_file)
        Phone(centre).tap(slip.mint(replace(paper, serial=900), key, centre.keys.public), 5)
        (one,) = json.loads(ran(centre, "slips", "unrecorded", "--json").stdout)["slips"]
        assert (one["serial"], one["seq"], one["agency"]) == (900, paper.seq, "")  # its answer is not sealed yet
        listed, judged = ran(centre, "slips", "unrecorded"), ran(centre, "verify")
        assert listed.exit_code == 0 and f"{one['device']}/1 · phiếu số 900" in listed.stdout
        assert judged.exit_code == 1 and judged.stderr.startswith(f"unrecorded_slips: Máy {one['device']}")
        assert json.loads(ran(centre, "verify", "--json").stdout)["ok"] is False
