"""`hailong admin languages`: the list with what is missing, starting, confirming, withdrawing one."""

from __future__ import annotations

import json
from typing import NoReturn

import click

from admin.cli.base import fail, now_ms, opened
from admin.instruments import translations
from admin.languages import availability
from admin.languages.availability import LanguageRefused
from translations import OWN_NAMES, discovery
from translations.maintenance import completeness
from translations.maintenance.completeness import Gap
from translations.terminal.groups import TranslatedGroup

WHO = "command line"
STATES = {
    "offered": "đang phục vụ người dân",
    "incomplete": "chưa đủ",
    "unconfirmed": "đủ, chờ tỉnh xác nhận",
    "changed": "lời đã đổi, chờ tỉnh xác nhận lại",
    "withdrawn": "tỉnh đã rút",
}
KINDS = {
    "words": "câu trên màn hình chưa có lời",
    "places": "câu bị mất chỗ điền hoặc thẻ",
    "question": "câu trong phiếu chưa có lời",
    "file": "tệp không đọc được",
}


@click.group(cls=TranslatedGroup)
def languages() -> None:
    """Languages of citizens: offered when complete and confirmed by the province."""


@languages.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def languages_list(as_json: bool) -> None:
    """Every language, how it stands, and everything it still lacks."""
    database, _ = opened()
    with database.read() as session:
        found = availability.standings(session)
    problems = discovery.problems()
    if as_json:
        rows = [
            {"code": one.code, "name": one.name, "state": one.state, "confirmed_ms": one.confirmed_ms,
             "missing": [{"kind": gap.kind, "text": gap.text} for gap in one.gaps]}
            for one in found
        ]  # fmt: skip
        click.echo(json.dumps({"languages": rows, "problems": problems}, ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one.code:<12} {one.name:<24} {STATES[one.state]}")
        for gap in one.gaps:
            click.echo(f"{'':<12} – {KINDS[gap.kind]}: {gap.text}")
    for problem in problems:
        click.echo(f"{'?':<12} {problem}")


@languages.command(name="start")
@click.argument("code")
@click.argument("name")
def languages_start(code: str, name: str) -> None:
    """Begin language CODE, which calls itself NAME, or bring its files up to date: they are laid into
    instance/languages/CODE for a translator; words already there are kept."""
    database, settings = opened()
    if not discovery.is_code(code):
        fail("bad_code", f"{code} không phải mã ngôn ngữ. Viết như km, rad hoặc cjm-x-test (không quá 16 ký tự).")
    known = discovery.language(code)
    if known is not None and known.folder is not None and known.folder.parent == discovery.HERE:
        fail("shipped_language", f"{code} đi cùng phần mềm; không cần thêm.")
    with database.read() as session:
        needed = translations.needed(availability.asked_documents(session), code)
    folder = settings.instance / "languages" / code
    try:
        empty = completeness.prepare(folder, name, needed)
    except discovery.BadLanguage as error:
        fail("bad_language", f"Không đọc được {folder}; không có gì thay đổi ({error}).")
    click.echo(folder)
    click.echo(f"còn {empty} câu chưa có lời", err=True)


@languages.command(name="confirm")
@click.argument("code")
def languages_confirm(code: str) -> None:
    """Offer language CODE to citizens; refused while anything is missing."""
    database, _ = opened()
    try:
        with database.write() as session:
            availability.confirm(session, code, WHO, now_ms())
    except LanguageRefused as refused:
        _refuse(refused, code)
    click.echo(f"{code}  {OWN_NAMES[code]}")


@languages.command(name="withdraw")
@click.argument("code")
def languages_withdraw(code: str) -> None:
    """Offer language CODE no longer; answers already given stay as they are."""
    database, _ = opened()
    try:
        with database.write() as session:
            availability.withdraw(session, code, WHO, now_ms())
    except LanguageRefused as refused:
        _refuse(refused, code)
    click.echo(code)


def _refuse(refused: LanguageRefused, code: str) -> NoReturn:
    words = {
        "unknown_language": f"Không có ngôn ngữ {code}. Xem: hailong admin languages list",
        "always_offered": "Tiếng Việt luôn có; không rút được.",
        "incomplete": f"Ngôn ngữ {code} chưa đủ; không có gì thay đổi. Thiếu {_told(refused.gaps)}",
    }
    fail(refused.code, words[refused.code])


def _told(gaps: tuple[Gap, ...], most: int = 5) -> str:
    """How many and the first of them."""
    lines = [f"{KINDS[gap.kind]}: {gap.text}" for gap in gaps[:most]]
    more = [f"… và {len(gaps) - most} câu nữa"] if len(gaps) > most else []
    return "\n  ".join([f"{len(gaps)}:", *lines, *more])
