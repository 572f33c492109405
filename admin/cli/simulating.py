"""`hailong admin simulate`: invented answers in a store that says so for ever."""

from __future__ import annotations

import datetime
import json

import click

from admin.cli.base import fail, now_ms, opened, progress
from admin.demo import simulator
from admin.ledgers import signing_keys
from models import clock

MOST_DAYS = 5000
MOST_AGENCIES = 100_000
_UNCHANGED = "Không có gì thay đổi."
_REFUSED = {
    "real_store": f"Kho này đã có thiết bị thật; không được tạo số liệu giả định ở đây. {_UNCHANGED}",
    "no_agencies": f"Chưa có cơ quan nào. Chạy trước: hailong admin agencies import TỆP. {_UNCHANGED}",
    "no_procedures": f"Chưa có thủ tục nào. Chạy trước: hailong admin procedures import TỆP. {_UNCHANGED}",
    "other_plan": "Kho này đã được giả lập với --agencies {agencies} --seed {seed}; dùng lại đúng hai số đó. "
    f"Nếu cơ quan đã thay đổi từ đó: giả lập trong một kho mới. {_UNCHANGED}",
    "already_played": f"Các cơ quan này đã được giả lập đến hôm qua; chạy lại từ ngày mai. {_UNCHANGED}",
}


@click.command()
@click.option(
    "--agencies", "count", type=click.IntRange(1, MOST_AGENCIES), default=144, show_default=True,
    help="How many agencies take part.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=395, show_default=True, help="How many days, ending yesterday."
)
@click.option("--seed", default=1, show_default=True)
def simulate(count: int, days: int, seed: int) -> None:
    """Invent answers through the real ledger and witness; prints the truth as JSON. Marks the store as practice."""
    database, settings = opened()
    yesterday = datetime.date.fromisoformat(clock.local_day(now_ms())) - datetime.timedelta(days=1)
    plan = simulator.Plan(seed, count, yesterday - datetime.timedelta(days=days - 1), yesterday)

    def told(month: str, done: int, of: int) -> None:
        progress(f"{month}  {done}/{of}", over=done == of)

    centre = signing_keys.load(settings)
    with database.read() as session:
        if (refusal := simulator.refusal(session, plan)) is not None:
            fail(refusal, _REFUSED[refusal].format(**simulator.begun(session)))
    try:
        truth = simulator.run(database, centre, plan, told)
    except simulator.RealStore:
        fail("real_store", _REFUSED["real_store"])
    click.echo(json.dumps(truth, ensure_ascii=False))
