"""`hailong admin comments`: what citizens wrote, as a file for the province."""

from __future__ import annotations

import re
from pathlib import Path

import click

from admin.cli.base import WHO, fail, now_ms, open_store, print_sentence, write_result_file
from translations import gettext, use_locale
from translations.terminal.groups import TranslatedGroup

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


@click.group(cls=TranslatedGroup, name="comments")
def comments_group() -> None:
    """What citizens wrote, as far as it was released."""


@comments_group.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--agency", default="", help="An agency's key: it and everything under it.")
@click.option("--from", "first", default="", help="The first month, like 2026-10.")
@click.option("--to", "last", default="", help="The last month.")
@click.option("--province-answers", "asked", is_flag=True,
              help="The answers to the questions for the province alone instead of the comments.")
def comments_export(file: Path, agency: str, first: str, last: str, asked: bool) -> None:
    """Write FILE (.csv or .json) with the same rows, in the same order, as the pages of the province. Kept in the audit
    log."""
    from sqlalchemy import select

    from admin.comments import comment_queries, export
    from admin.comments.comment_queries import CommentQuery
    from admin.instruments import companion_questions, store
    from admin.statistics.tallies import agency_tree
    from models.reference.localized_text import LocalText
    from models.tables.agency import Agency
    from models.tables.staff_account import AuditRow

    kind = file.suffix.lower().removeprefix(".")
    if kind not in export.MIMETYPES:
        raise click.UsageError(gettext("The file's name ends with .csv or .json."))
    for month in (first, last):
        if month and not _MONTH.match(month):
            raise click.UsageError(gettext("%(month)s is no month like 2026-10.", month=month))
    if first and last and last < first:
        raise click.UsageError(gettext(
            "--to %(last)s is before --from %(first)s: no comment can be of such months.", first=first, last=last
        ))
    database, _ = open_store()
    if file.exists():  # a list of agencies to be imported has such a name too
        fail("file_exists", gettext(
            "The file %(file)s is there already and is not written over. Choose another name.", file=file
        ))
    with database.write() as session:
        if agency and session.get(Agency, agency) is None:
            fail("unknown_agency", gettext(
                "There is no agency %(agency)s. Look its key up on the page of agencies. No file was written.",
                agency=agency,
            ))  # fmt: skip
        chosen = {"agency": agency, "from": first, "to": last}
        wishes = [kind, *(f"{name}={value}" for name, value in chosen.items() if value)]
        action = "province_answers_exported" if asked else "comments_exported"
        session.add(AuditRow(at_ms=now_ms(), who=WHO, action=action, subject=" ".join(wishes)[:200]))
    with database.read() as session, use_locale("vi"):
        keys = agency_tree.read_scope_keys(session, agency) if agency else None
        query = CommentQuery(keys, alone=True, first=first, last=last)
        names = {row.key: LocalText({"vi": row.name_vi, "en": row.name_en}) for row in session.scalars(select(Agency))}
        if asked:
            questions = companion_questions.read_province_questions()
            raw = export.write_province_answers_file(
                comment_queries.read_question_counts(session, query), kind, names, questions
            )
        else:
            topics = {topic.id: topic.text for topic in store.read_current_instrument(session, "short").topics}
            raw = export.write_comments_file(comment_queries.read_all_comments(session, query), kind, names, topics)
    write_result_file(file, raw, gettext("No file was written"))
    print_sentence(str(file))
