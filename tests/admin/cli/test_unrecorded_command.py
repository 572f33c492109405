"""`hailong admin slips` and `verify` over a real desk: slips beside its ledger or ahead of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner, Result

from admin.cli import cli
from models.keys import read_or_make_key
from models.protocol import slip
from models.tables.device import Device
from tests.fixtures.centre_and_desk import Centre, pair_centre_and_desk
from tests.fixtures.phone_at_centre import Phone, mint_slip


def ran(centre: Centre, *words: str) -> Result:
    env = {"HAILONG_INSTANCE": str(centre.settings.instance), "DATABASE_URL": None}
    return CliRunner().invoke(cli, list(words), env=env)


def test_a_slip_beside_the_ledger_is_listed_and_verify_names_its_device(tmp_path: Path) -> None:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        token = mint_slip(desk)
        assert desk.sync(url=centre.url).state == "ok"
        Phone(centre).tap(token, 5)
        assert json.loads(ran(centre, "slips", "unrecorded", "--json").stdout) == {"n": 0, "slips": []}
        assert "Không có phiếu QR nào" in ran(centre, "slips", "unrecorded").stdout
        assert ran(centre, "verify").exit_code == 0
        paper, _signature = slip.parse(token)
        key = read_or_make_key(desk.settings.key_file)
        Phone(centre).tap(slip.mint(replace(paper, serial=900), key, centre.keys.public), 5)
        (one,) = json.loads(ran(centre, "slips", "unrecorded", "--json").stdout)["slips"]
        assert (one["serial"], one["seq"], one["agency"]) == (900, paper.seq, "")  # its answer is not sealed yet
        listed, judged = ran(centre, "slips", "unrecorded"), ran(centre, "verify")
        assert listed.exit_code == 0 and f"{one['device']}/1 · phiếu số 900" in listed.stdout
        assert judged.stdout.endswith(" 0 sổ có chỗ sai · 1 sổ thiếu phiếu đã được trả lời\n")
        assert judged.exit_code == 1 and judged.stderr.startswith(f"unrecorded_slips: Máy {one['device']}")
        assert json.loads(ran(centre, "verify", "--json").stdout)["ok"] is False


def test_a_device_that_contradicts_itself_is_named_with_what_it_lacked_before(tmp_path: Path) -> None:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        token = mint_slip(desk)
        assert desk.sync(url=centre.url).state == "ok"
        paper, _signature = slip.parse(token)
        key = read_or_make_key(desk.settings.key_file)
        Phone(centre).tap(slip.mint(replace(paper, serial=900), key, centre.keys.public), 5)
        for h in (b"1" * 8, b"2" * 8):  # two slips that say what the ledger will be
            made = replace(paper, serial=901 + h[0], seq=paper.seq + 50, head=h)
            Phone(centre).tap(slip.mint(made, key, centre.keys.public), 5)
        judged, told = ran(centre, "verify"), json.loads(ran(centre, "verify", "--json").stdout)
        (one,) = [one for one in told["ledgers"] if one["disputed"]]
        assert (one["unrecorded"], told["ok"]) == ([900], False)
        assert (one["disputed"]["seq"], one["disputed"]["n"]) == (paper.seq + 50, 1)
        assert judged.exit_code == 1 and judged.stderr.startswith(f"ledger_forked: Máy {one['device']} có hai bản")
        assert judged.stdout.endswith(
            " 0 sổ có chỗ sai · 1 sổ có hai bản · 1 sổ thiếu phiếu đã được trả lời\n"
        )
        where = f"{one['device']}/1 · có hai bản: khác nhau từ số {paper.seq + 50}, 1 bằng chứng"
        assert where in judged.stdout and "1 phiếu QR đã dùng không có trong sổ" in judged.stdout
        assert "900" not in ran(centre, "slips", "unconfirmed").stdout


def test_a_slip_whose_ledger_has_not_come_is_not_confirmed(tmp_path: Path) -> None:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        assert desk.sync(url=centre.url).state == "ok"
        token = mint_slip(desk)
        assert json.loads(ran(centre, "slips", "unconfirmed", "--json").stdout) == {"n": 0, "slips": []}
        assert ran(centre, "slips", "unconfirmed").stdout.startswith("Không có phiếu QR nào")
        Phone(centre).tap(token, 5)
        (one,) = json.loads(ran(centre, "slips", "unconfirmed", "--json").stdout)["slips"]
        shown = ran(centre, "slips", "unconfirmed")
        assert (shown.exit_code, one["why"]) == (0, "not_come")
        assert f"{one['device']}/1 · phiếu số {one['serial']}" in shown.stdout and "sổ chưa về tới" in shown.stdout
        assert "vẫn được tính" in shown.stdout and ran(centre, "verify").exit_code == 0
        assert "Không có" in ran(centre, "slips", "unrecorded").stdout
        with centre.database.write() as session:
            session.get_one(Device, one["device"]).state = "lost"
        assert "máy đã mất" in ran(centre, "slips", "unconfirmed").stdout
        with centre.database.write() as session:
            session.get_one(Device, one["device"]).state = "active"
        assert desk.sync(url=centre.url).state == "ok"
        assert json.loads(ran(centre, "slips", "unconfirmed", "--json").stdout)["n"] == 0
