"""`hailong kiosk salvage`: what can be read of a store that was set aside, as a file for the centre."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli.base import fail, open_store
from translations import gettext as _
from translations import lazy, ngettext

if TYPE_CHECKING:
    from kiosk.sync.store_salvage import SalvageResult

_WHY = {
    "nothing_readable": lazy("no entry can be read any more"),
    "no_certificate": lazy("the device's certificate cannot be read"),
    "key_missing": lazy("the key file kiosk.key that signed this ledger is missing"),
    "key_damaged": lazy("the key file kiosk.key is damaged"),
    "key_other": lazy("the key file kiosk.key is not the key that signed this ledger"),
    "no_box": lazy("the machine has not received the centre's key; connect it to the network once and run it again"),
}


@click.command(name="salvage")
@click.argument("file", default="all")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write; else instance/export.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def salvage_command(file: str, output: Path | None, as_json: bool) -> None:
    """Write what can be read of FILE, a store that was set aside (or of all), to a file for the centre."""
    from kiosk.desk import set_aside_stores
    from kiosk.error_catalogue.carried_file_errors import SALVAGE
    from kiosk.sync import store_salvage
    from models import clock
    from models.storage.process_lock import WriterLock

    database, settings = open_store()
    stores = set_aside_stores.list_set_aside_stores(settings)
    chosen = stores if file == "all" else [path for path in stores if path.name == Path(file).name]
    if file != "all" and not chosen:
        names = ", ".join(path.name for path in stores) or _("none")
        fail(SALVAGE, "not_found", name=Path(file).name, names=names)
    if not database.two_writers_safe:
        lock = WriterLock(settings.serving_file)
        if not lock.taken:
            fail(SALVAGE, "serve_syncs", engine=database.engine_name)
    to = output or settings.instance / "export"
    if output is None:
        to.mkdir(parents=True, exist_ok=True)
    if len(chosen) > 1 and not to.is_dir():
        raise click.UsageError(_("several stores: -o FOLDER"))
    done = []
    for path in chosen:
        rows, now = store_salvage.read_damaged_store(path), clock.now()
        with database.write() as session:
            drafts, box = store_salvage.adopt_drafts(session, rows), store_salvage.find_carried_file_key(session, rows)
        done.append(store_salvage.write_salvage_file(rows, path, settings, now, box, to, drafts))
    if as_json:
        click.echo(json.dumps({"stores": [one.__dict__ for one in done]}, ensure_ascii=False))
        return
    if not done:
        click.echo(_("No store was set aside on this machine."))
    for one in done:
        _tell(one)


def _tell(one: SalvageResult) -> None:
    click.echo(
        _("%(name)s: entries read: %(lines)s (ratings: %(ratings)s), not readable: %(unreadable)s; the centre had "
          "signed for: %(had)s; ratings not in the ledger yet, moved to the new store: %(drafts)s.", name=one.name,
          lines=one.lines, ratings=one.ratings, unreadable=one.unreadable, had=one.had, drafts=one.drafts)
    )  # fmt: skip
    if one.file is not None:
        text = _("File for the centre: %(file)s (at the centre: hailong admin ingest-file FILE)", file=one.file)
    else:
        text = _("No file for the centre yet: %(why)s. The old store was only read, not changed.",
                 why=_WHY.get(one.why, one.why))  # fmt: skip
    click.echo(f"  {text}")
    if one.left_file is not None:
        text = ngettext("%(n)s entry that may not be accepted in this way is kept in: %(file)s",
                        "%(n)s entries that may not be accepted in this way are kept in: %(file)s", one.left,
                        file=one.left_file)  # fmt: skip
        click.echo(f"  {text}")
    if one.unsendable:
        text = ngettext(
            "%(n)s comment or code beside a rating is damaged and cannot be sent; it stays in the old store.",
            "%(n)s comments or codes beside ratings are damaged and cannot be sent; they stay in the old store.",
            one.unsendable,
        )
        click.echo(f"  {text}")
