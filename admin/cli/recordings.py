"""`hailong admin prompts`: recordings of spoken prompts, imported, listed and removed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from admin.cli.base import fail, now_ms, opened, say
from admin.recordings import store
from admin.recordings.store import BadRecording
from translations.terminal.groups import TranslatedGroup

WHO = "command line"
REFUSALS = {
    "bad_name": "tên tệp phải là <câu>.<ngôn ngữ>.mp3, .ogg hoặc .wav, ví dụ overall.vi.mp3",
    "unknown_text": "không có câu này; các câu: {texts}",
    "unknown_language": "không có ngôn ngữ này. Xem: hailong admin languages list",
    "twice": "câu này đã có một tệp khác cùng ngôn ngữ; chỉ giữ một",
    "too_large": "tệp lớn hơn 2 MB",
    "not_sound": "nội dung không phải âm thanh như đuôi tệp ghi",
    "no_files": "thư mục không có tệp âm thanh nào",
}


@click.group(cls=TranslatedGroup)
def prompts() -> None:
    """Recordings that tablets play when somebody presses "Nghe"."""


@prompts.command(name="import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def prompts_import(folder: Path, as_json: bool) -> None:
    """Take the files <text>.<language>.mp3|ogg|wav of FOLDER (2 MB each): all of them, or nothing and the file to mend.
    Texts: the items of the short questionnaire (overall, A … E), topics, comment, thanks."""
    database, settings = opened()
    with database.read() as session:
        known = store.text_ids(session)
    try:
        recordings = store.read(folder, known)
    except BadRecording as error:
        why = REFUSALS[error.code].format(texts=", ".join(known))
        fail(error.code, f"{error.file}: {why}. Không có gì thay đổi.")
    with database.write() as session:
        counts = store.take(session, settings.instance, recordings, WHO, now_ms())
    with database.read() as session:
        store.tidy(session, settings.instance)
    say(counts, as_json)


@prompts.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def prompts_list(as_json: bool) -> None:
    """List recordings: text, language, size, SHA-256."""
    database, settings = opened()
    with database.read() as session:
        rows = [
            {"text": row.text_id, "lang": row.lang, "mime": row.mime, "size": row.size, "sha": row.sha,
             "here": store.stored(settings.instance, row.sha) is not None}
            for row in store.listed(session)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in () if as_json else rows:
        lost = "" if row["here"] else "  MẤT TỆP: nhập lại"
        click.echo(f"{row['text']:<12} {row['lang']:<12} {row['size']:>9}  {row['sha']}{lost}")


@prompts.command(name="remove")
@click.argument("text")
@click.argument("lang")
def prompts_remove(text: str, lang: str) -> None:
    """Remove the recording of TEXT in LANG; tablets stop playing it with their next sync."""
    database, settings = opened()
    with database.write() as session:
        if not store.remove(session, text, lang, WHO, now_ms()):
            fail("unknown_prompt", f"Không có bản ghi âm {text} ({lang}). Xem: hailong admin prompts list")
    with database.read() as session:
        store.tidy(session, settings.instance)
    click.echo(f"{text} {lang}")
