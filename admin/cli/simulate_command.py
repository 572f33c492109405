"""`hailong admin simulate`: invented answers in a store that says so for ever."""

from __future__ import annotations

import click

from admin.cli.base import fail, now_ms, open_store, print_json, print_progress
from admin.error_catalogue.command_errors import SIMULATIONS

MOST_DAYS = 5000
MOST_AGENCIES = 100_000


@click.command()
@click.option(
    "--agencies", "count", type=click.IntRange(1, MOST_AGENCIES), default=144, show_default=True,
    help="How many agencies take part.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=395, show_default=True, help="How many days, ending yesterday."
)
@click.option("--seed", default=1, show_default=True, help="The same number invents the same answers.")
def simulate(count: int, days: int, seed: int) -> None:
    """Invent answers through the real ledger and witness; prints the truth as JSON. Marks the store as practice."""
    import datetime

    from admin.demo import simulator
    from admin.ledgers import signing_keys
    from models import clock

    database, settings = open_store()
    yesterday = datetime.date.fromisoformat(clock.local_day(now_ms())) - datetime.timedelta(days=1)
    plan = simulator.SimulationPlan(seed, count, yesterday - datetime.timedelta(days=days - 1), yesterday)

    def told(month: str, done: int, of: int) -> None:
        print_progress(f"{month}  {done}/{of}", over=done == of)

    centre = signing_keys.load_centre_keys(settings)
    with database.read() as session:
        if (refusal := simulator.find_plan_refusal(session, plan)) is not None:
            fail(refusal, SIMULATIONS[refusal].sentence(simulator.read_simulation_start(session)))
    try:
        truth = simulator.run_simulation(database, centre, plan, told)
    except simulator.RealStore:
        fail("real_store", SIMULATIONS["real_store"].message)
    print_json(truth)
