"""`hailong admin prompts`: recordings of spoken prompts, imported, listed and removed."""

from __future__ import annotations

from pathlib import Path

import click

from admin.cli.base import WHO, fail, now_ms, open_store, print_json, print_result
from translations import gettext
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup)
def prompts() -> None:
    """Recordings that tablets play when somebody presses "Nghe"."""


@prompts.command(name="import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def prompts_import(folder: Path, as_json: bool) -> None:
    """Take the files <text>.<language>.mp3|ogg|wav of FOLDER (2 MB each): all of them, or nothing and the file to mend.
    Texts: the items of the short questionnaire (overall, A … E), topics, comment, thanks."""
    from admin.recordings import store
    from admin.recordings.store import BadRecording

    database, settings = open_store()
    with database.read() as session:
        text_ids = store.read_text_ids(session)
    try:
        recordings = store.read_recordings_folder(folder, text_ids)
    except BadRecording as error:
        fail(error.code, str(error))
    with database.write() as session:
        counts = store.store_recordings(session, settings.instance, recordings, WHO, now_ms())
    with database.read() as session:
        store.remove_unnamed_files(session, settings.instance)
    print_result(counts, as_json)


@prompts.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def prompts_list(as_json: bool) -> None:
    """List recordings: text, language, size, SHA-256."""
    from admin.recordings import store

    database, settings = open_store()
    with database.read() as session:
        rows = [
            {"text": row.text_id, "lang": row.lang, "mime": row.mime, "size": row.size, "sha": row.sha,
             "here": store.read_recording_bytes(settings.instance, row.sha) is not None}
            for row in store.list_recordings(session)
        ]  # fmt: skip
    if as_json:
        print_json(rows)
    for row in () if as_json else rows:
        lost = "" if row["here"] else "  " + gettext("FILE IS GONE: import it again")
        click.echo(f"{row['text']:<12} {row['lang']:<12} {row['size']:>9}  {row['sha']}{lost}")


@prompts.command(name="remove")
@click.argument("text")
@click.argument("lang")
def prompts_remove(text: str, lang: str) -> None:
    """Remove the recording of TEXT in LANG; tablets stop playing it with their next sync."""
    from admin.recordings import store

    database, settings = open_store()
    with database.write() as session:
        if not store.remove_recording(session, text, lang, WHO, now_ms()):
            fail("unknown_prompt", gettext(
                "There is no recording %(text)s (%(lang)s). See: hailong admin prompts list", text=text, lang=lang
            ))  # fmt: skip
    with database.read() as session:
        store.remove_unnamed_files(session, settings.instance)
    click.echo(f"{text} {lang}")
