"""`hailong admin verify`: every stored byte read again, and in words what is wrong with which ledger."""

from __future__ import annotations

import json

import click

from admin.cli.base import fail, opened, tell
from admin.cli.failures import moment
from admin.ledgers import key_register, verification
from admin.ledgers.verification import Checked, Disputed
from models.tables.device import Device


@click.command(name="verify")
@click.option("--device", help="Only this device.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify_command(device: str | None, as_json: bool) -> None:
    """Re-read every stored byte and re-check every chain; exit 1 if anything is wrong."""
    database, settings = opened()
    with database.read() as session:
        if device is not None and session.get(Device, device) is None:
            fail("unknown_device", f"Trung tâm không có thiết bị {device}. Xem: hailong admin devices list")
        centre = key_register.public(session, key_register.CENTRE)
        if centre is None:
            raise key_register.KeyRefused(key_register.UNREGISTERED, [key_register.CENTRE], settings.instance)
        found = verification.verify(session, centre, device)
        log = None if device else verification.log_problem(session)
    bad = [one for one in found if one.first_bad is not None or one.missing or one.wrong]
    forked = [one for one in found if one.disputed]
    beside = [one for one in found if one.unrecorded]
    if as_json:
        ok = not (bad or forked or beside) and log is None
        value = {"ok": ok, "ledgers": [one.as_json() for one in found], "batch_log": log}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for one in found:  # one that is wrong hides no other
            for sentence in _sentences(one):
                tell(f"{one.device}/{one.epoch} · {sentence}")
        entries = sum(one.last for one in found)
        twice = f", {len(forked)} with two histories" if forked else ""
        slips = f", {len(beside)} lacking slips that were answered" if beside else ""
        click.echo(f"{len(found)} ledgers, {entries} entries, {len(bad)} with something wrong{twice}{slips}")
    if bad:
        one = bad[0]
        fail("ledger_broken", f"Sổ {one.device}/{one.epoch} {_broken(one)}. Giữ nguyên máy, báo tỉnh.")
    if forked:
        one = forked[0]
        assert one.disputed is not None
        fail(
            "ledger_forked", f"Máy {one.device} có hai bản của sổ {one.device}/{one.epoch}: {_two(one.disputed)}. "
            "Những gì đã nhận vẫn giữ nguyên. Giữ nguyên máy, báo tỉnh.",
        )  # fmt: skip
    if beside:
        one, serials = beside[0], ", ".join(str(serial) for serial in beside[0].unrecorded[:10])
        fail(
            "unrecorded_slips", f"Máy {one.device} đã in {len(one.unrecorded)} phiếu QR không có trong sổ "
            f"{one.device}/{one.epoch} (số {serials}). Câu trả lời vẫn được tính. Xem: hailong admin slips unrecorded",
        )  # fmt: skip
    if log is not None:
        fail("log_broken", f"Sổ nhận phiếu của trung tâm sai ở {log}. Giữ nguyên máy, báo tỉnh.")


def _sentences(one: Checked) -> list[str]:
    """What people are told of a ledger; nothing usually."""
    found = []
    if one.first_bad is not None or one.missing or one.wrong:
        found.append(_broken(one))
    if one.after_end:
        found.append(f"{len(one.after_end)} dòng (từ số {one.after_end[0]}) ghi sau khi sổ đã khép; kết quả giữ nguyên")
    if one.disputed is not None:
        found.append(f"có hai bản: {_two(one.disputed)}")
        if one.unconfirmed:
            found.append(f"{len(one.unconfirmed)} phiếu QR đã dùng không có trong bản ở đây, chưa xác nhận được")
    if one.unrecorded:
        found.append(f"{len(one.unrecorded)} phiếu QR đã dùng không có trong sổ")
    return found


def _broken(one: Checked) -> str:
    where = "" if one.first_bad is None else f" từ số {one.first_bad}"
    return f"sai{where}: {'; '.join(one.wrong) or 'dòng đã bị đổi hoặc thiếu'}"


def _two(disputed: Disputed) -> str:
    """Where a ledger parts into two, and what evidence is kept of it."""
    where = f"khác nhau từ số {disputed.seq}" if disputed.seq else "khác nhau từ đầu"
    if disputed.first_ms is None:
        return where
    return f"{where}, {disputed.n} bằng chứng có chữ ký của máy, thấy lần đầu {moment(disputed.first_ms)}"
