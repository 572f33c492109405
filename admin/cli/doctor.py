"""`hailong admin doctor`: what people should look at: answers that wait, and those of former rules."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from admin.cli import failures, reason_words
from admin.cli.base import now_ms, opened, tell
from admin.ledgers import centre_clock
from admin.responses import former_rules
from admin.survey import phone_drafts

#: How many waiting answers are named one by one; the JSON document names all.
_NAMED = 20


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor_command(as_json: bool) -> None:
    """List phone answers that wait too long to be counted, and answers from before the present rules that these would
    refuse, or take only in part. Changes nothing."""
    database, _settings = opened()
    with database.read() as session:
        found = former_rules.otherwise(session)
        clock = centre_clock.look(session, now_ms())
        waiting = phone_drafts.overdue(session, max(clock.ms, clock.newest_ms or 0))  # it may have been set back
    if as_json:
        rows = [one.as_json(n) for one, n in found.items()]
        ids = [{"id": id, "since_ms": since} for id, since in waiting.items()]
        phones = {"n": len(ids), "since_ms": min(waiting.values(), default=None), "answers": ids}
        click.echo(json.dumps({"former_rules": rows, "phone_answers_waiting": phones}, ensure_ascii=False))
        return
    _tell_waiting(waiting, clock_doubted=clock.doubt is not None)
    if not found:
        click.echo("Không có phiếu cũ nào mà quy tắc hiện nay sẽ xử lý khác.")
        return
    tell("Phiếu nhận trước quy tắc hiện nay, giữ nguyên kết quả; theo quy tắc hiện nay thì:")
    for one, n in found.items():
        why = reason_words.reason(one.why) if one.refused else f"bỏ qua mục {reason_words.fields([one.why])}"
        tell(f"  {one.agency}  {one.device}  {n} phiếu  {why}")


def _tell_waiting(waiting: Mapping[str, int], *, clock_doubted: bool) -> None:
    """Say which phone answers wait (id → since when), that they are safe, and what to do."""
    if not waiting:
        click.echo("Không có câu trả lời nào trên điện thoại chờ quá lâu.")
        return
    first = failures.moment(min(waiting.values()))
    tell(
        f"{len(waiting)} câu trả lời trên điện thoại chờ quá một giờ mà chưa được tính, lâu nhất từ {first} (giờ Việt "
        "Nam). Không câu nào bị mất: tất cả còn trong kho dữ liệu."
    )
    for id, since in list(waiting.items())[:_NAMED]:
        tell(f"  {id}  từ {failures.moment(since)}")
    if len(waiting) > _NAMED:
        tell(f"  và {len(waiting) - _NAMED} câu nữa; xem đủ: hailong admin doctor --json")
    if clock_doubted:
        tell("Cần làm: chỉnh hoặc xác nhận đồng hồ máy chủ (hailong admin clock); trước đó không câu nào được tính.")
        return
    tell(
        "Cần làm: xem máy chủ có đang chạy không; đang chạy thì nửa phút thử lại một lần. Nếu vẫn còn, gửi nhật ký "
        "của máy chủ (các dòng có chữ «sealing») cho người phụ trách phần mềm."
    )
