"""`hailong kiosk bundle`: the command that makes the folder for a desk without the internet."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click


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
        raise click.BadParameter("--python: a version as 3.13")
    try:
        made = make.make(folder.resolve(), platform, pythons)
    except make.NotMade as error:
        click.echo(f"{error.code}: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
    found = make.versions(made)
    archive = str(make.pack(made)) if zipped else None
    if as_json:
        click.echo(json.dumps({"path": str(made), "zip": archive, "versions": found}, ensure_ascii=False))
        return
    for name, version in found.items():
        click.echo(f"  {name} {version}")
    click.echo(f"{archive or made}")
