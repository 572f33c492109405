"""`hailong admin doctor`: what people should look at: answers that wait, and those of former rules."""

from __future__ import annotations

from collections.abc import Mapping

import click

from admin.cli.base import now_ms, open_store, print_json, print_sentence
from translations import gettext, ngettext

#: How many waiting answers are named one by one; the JSON document names all.
_NAMED = 20


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor_command(as_json: bool) -> None:
    """List phone answers that wait too long to be counted, and answers from before the present rules that these would
    refuse, or take only in part. Changes nothing."""
    from admin.cli import uncounted_reason_words
    from admin.ledgers import centre_clock
    from admin.responses import rule_change_report
    from admin.survey import phone_drafts

    database, _settings = open_store()
    with database.read() as session:
        outcome_counts = rule_change_report.count_changed_outcomes(session)
        clock = centre_clock.read_clock(session, now_ms())
        waiting = phone_drafts.find_overdue_drafts(
            session, max(clock.ms, clock.newest_ms or 0)
        )  # it may have been set back
    if as_json:
        rows = [one.as_json(n) for one, n in outcome_counts.items()]
        ids = [{"id": id, "since_ms": since} for id, since in waiting.items()]
        phones = {"n": len(ids), "since_ms": min(waiting.values(), default=None), "answers": ids}
        print_json({"former_rules": rows, "phone_answers_waiting": phones})
        return
    _tell_waiting(waiting, clock_doubted=clock.doubt is not None)
    if not outcome_counts:
        print_sentence(gettext("There are no older answers that the present rules would treat otherwise."))
        return
    print_sentence(gettext("Answers from before the present rules, whose outcome stays; by the present rules:"))
    for one, n in outcome_counts.items():
        why = uncounted_reason_words.describe_reason(one.why)
        if not one.refused:
            why = gettext("passes over %(fields)s", fields=uncounted_reason_words.describe_fields([one.why]))
        answers = ngettext("%(n)s answer", "%(n)s answers", n)
        print_sentence(f"  {one.agency}  {one.device}  {answers}  {why}")


def _tell_waiting(waiting: Mapping[str, int], *, clock_doubted: bool) -> None:
    """Say which phone answers wait (id → since when), that they are in the store, and what to do."""
    from models.clock import date_and_time

    if not waiting:
        print_sentence(gettext("No answer on a phone waits too long."))
        return
    print_sentence(ngettext(
        "%(n)s answer on a phone has waited more than an hour to be counted, since %(first)s (time of Vietnam). It has "
        "not gone: it is in the store.",
        "%(n)s answers on phones have waited more than an hour to be counted, the longest since %(first)s (time of "
        "Vietnam). None has gone: all are in the store.",
        len(waiting), first=date_and_time(min(waiting.values())),
    ))  # fmt: skip
    for id, since in list(waiting.items())[:_NAMED]:
        print_sentence("  " + gettext("%(id)s  since %(moment)s", id=id, moment=date_and_time(since)))
    if more := max(0, len(waiting) - _NAMED):
        print_sentence("  " + ngettext(
            "and %(n)s more; all of them: hailong admin doctor --json",
            "and %(n)s more; all of them: hailong admin doctor --json", more,
        ))  # fmt: skip
    if clock_doubted:
        print_sentence(gettext(
            "To do: set or confirm the server's clock (hailong admin clock); before that none of them is counted."
        ))  # fmt: skip
        return
    print_sentence(gettext(
        "To do: see whether the server is running; while it runs it tries again every half minute. If they still wait, "
        "send the server's log (the lines with «sealing») to whoever looks after the program."
    ))  # fmt: skip
