"""`hailong kiosk bundle`: the command that makes the folder for a desk without the internet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from translations import gettext as _


@click.command(name="bundle")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--platform", default="linux", show_default=True,
              type=click.Choice(["linux", "linux-arm64", "windows"]), help="The desk's system.")  # fmt: skip
@click.option("--python", "pythons", multiple=True, help="Its Python, as 3.13; may be given more than once.")
@click.option("--zip", "zipped", is_flag=True, help="One zip file beside the folder too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bundle(folder: Path, platform: str, pythons: tuple[str, ...], zipped: bool, as_json: bool) -> None:
    """Make in FOLDER what installs a desk without the internet. Needs the network once, and a checkout."""
    from kiosk.bundle import make

    if not all(re.fullmatch("3[.][0-9]{1,2}", number) for number in pythons):
        raise click.BadParameter(_("--python: a version as 3.13"))
    path = make.make_bundle(folder.resolve(), platform, pythons)
    versions = make.wheel_versions(path)
    archive = str(make.pack_bundle(path)) if zipped else None
    if as_json:
        click.echo(json.dumps({"path": str(path), "zip": archive, "versions": versions}, ensure_ascii=False))
        return
    for name, version in versions.items():
        click.echo(f"  {name} {version}")
    click.echo(f"{archive or path}")
