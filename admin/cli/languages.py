"""`hailong admin languages`: the list with what is missing, starting, confirming, withdrawing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from admin.cli.base import WHO, fail, now_ms, open_store, print_json, print_warning
from translations import OWN_NAMES, discovery, gettext, lazy, ngettext
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from admin.languages.availability import LanguageRefused
    from translations.maintenance.completeness import Gap

_STATES = {
    "offered": lazy("offered to citizens"),
    "incomplete": lazy("not complete"),
    "unconfirmed": lazy("complete, waits for the province to confirm"),
    "changed": lazy("its words changed, waits for the province to confirm again"),
    "withdrawn": lazy("withdrawn by the province"),
}
_KINDS = {
    "words": lazy("a sentence on a screen has no words"),
    "places": lazy("a sentence lost a place or a tag"),
    "question": lazy("a text of the questionnaire has no words"),
    "file": lazy("the file cannot be read"),
}


@click.group(cls=TranslatedGroup)
def languages() -> None:
    """Languages of citizens: offered when complete and confirmed by the province."""


@languages.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def languages_list(as_json: bool) -> None:
    """Every language, how it stands, and everything it still lacks."""
    from admin.languages import availability

    database, _ = open_store()
    with database.read() as session:
        states = availability.list_language_states(session)
    problems = discovery.find_folder_problems()
    if as_json:
        rows = [
            {"code": one.code, "name": one.name, "state": one.state, "confirmed_ms": one.confirmed_ms,
             "missing": [{"kind": gap.kind, "text": gap.text} for gap in one.gaps]}
            for one in states
        ]  # fmt: skip
        print_json({"languages": rows, "problems": problems})
        return
    for one in states:
        click.echo(f"{one.code:<12} {one.name:<24} {_STATES[one.state]}")
        for gap in one.gaps:
            click.echo(f"{'':<12} – {_KINDS[gap.kind]}: {gap.text}")
    for problem in problems:
        click.echo(f"{'?':<12} {problem}")


@languages.command(name="start")
@click.argument("code")
@click.argument("name")
def languages_start(code: str, name: str) -> None:
    """Begin language CODE, which calls itself NAME, or bring its files up to date: they are laid into
    instance/languages/CODE for a translator; words already there are kept."""
    from admin.instruments import translations
    from admin.languages import availability
    from translations.maintenance import completeness

    database, settings = open_store()
    if not discovery.is_code(code):
        fail("bad_code", gettext(
            "%(code)s is no code of a language. Write it like km, rad or cjm-x-test (16 characters at most).", code=code
        ))  # fmt: skip
    language = discovery.find_language(code)
    if language is not None and language.folder is not None and language.folder.parent == discovery.HERE:
        fail("shipped_language", gettext("%(code)s comes with the program; it need not be added.", code=code))
    with database.read() as session:
        needed = translations.find_needed_wordings(availability.read_documents_in_use(session), code)
    folder = settings.instance / "languages" / code
    try:
        empty = completeness.prepare_language(folder, name, needed)
    except discovery.BadLanguage as error:
        fail("bad_language", gettext(
            "%(folder)s cannot be read; nothing has changed (%(why)s).", folder=folder, why=error
        ))  # fmt: skip
    click.echo(folder)
    print_warning(ngettext("%(n)s text has no words yet", "%(n)s texts have no words yet", empty))


@languages.command(name="confirm")
@click.argument("code")
def languages_confirm(code: str) -> None:
    """Offer language CODE to citizens; refused while anything is missing."""
    from admin.languages import availability
    from admin.languages.availability import LanguageRefused

    database, _ = open_store()
    try:
        with database.write() as session:
            availability.confirm_language(session, code, WHO, now_ms())
    except LanguageRefused as refused:
        _refuse(refused, code)
    click.echo(f"{code}  {OWN_NAMES[code]}")


@languages.command(name="withdraw")
@click.argument("code")
def languages_withdraw(code: str) -> None:
    """Offer language CODE no longer; answers already given stay as they are."""
    from admin.languages import availability
    from admin.languages.availability import LanguageRefused

    database, _ = open_store()
    try:
        with database.write() as session:
            availability.withdraw_language(session, code, WHO, now_ms())
    except LanguageRefused as refused:
        _refuse(refused, code)
    click.echo(code)


def _refuse(refused: LanguageRefused, code: str) -> NoReturn:
    if refused.code == "unknown_language":
        fail(refused.code, gettext("There is no language %(code)s. See: hailong admin languages list", code=code))
    if refused.code == "always_offered":
        fail(refused.code, gettext("Vietnamese is always offered; it cannot be withdrawn."))
    fail(refused.code, gettext(
        "The language %(code)s is not complete; nothing has changed. It lacks %(gaps)s", code=code,
        gaps=_describe_gaps(refused.gaps),
    ))  # fmt: skip


def _describe_gaps(gaps: tuple[Gap, ...], most: int = 5) -> str:
    """How many and the first of them."""
    lines = [f"{_KINDS[gap.kind]}: {gap.text}" for gap in gaps[:most]]
    if more := max(0, len(gaps) - most):
        lines.append(ngettext("… and %(n)s more text", "… and %(n)s more texts", more))
    return "\n  ".join([f"{len(gaps)}:", *lines])
