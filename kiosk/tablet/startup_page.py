"""The start-up page of a tablet, on its own disk: waits for the server, then becomes the faces.

One file without a network, for a cold boot in which screen and server wake in any order: `hailong kiosk starting FILE`
writes it, and the server hands it out at `/starting.html` for a tablet that stands elsewhere. The address after `#` is
the desk's (`file:///…/starting.html#http://192.168.1.10:8001`); without one it is `ADDRESS`.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from models import design_tokens
from translations import gettext, use_locale

HERE = Path(__file__).resolve().parents[1]

#: The server on the same machine.
ADDRESS = "http://127.0.0.1:8001"

blueprint = Blueprint("starting", __name__)


def render_startup_page(address: str = ADDRESS) -> str:
    """The file's text, for a server at `address` unless the file is opened with another one."""
    words = []
    for lang in ("vi", "en"):
        with use_locale(lang):
            words.append(
                (
                    lang,
                    gettext("The device is starting"),
                    gettext("The faces appear here by themselves in a moment."),
                    gettext("Staff: no answer yet from the desk's machine at"),
                )
            )
    static = HERE / "static"
    style = design_tokens.css() + (static / "starting.css").read_text(encoding="utf-8")
    script = (static / "starting.js").read_text(encoding="utf-8")
    drawing = re.search(
        r'<symbol id="bowl"([^>]*)>(.*?)</symbol>', (static / "icons.svg").read_text(encoding="utf-8"), re.DOTALL
    )
    assert drawing is not None
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    return environment.get_template("starting.html").render(
        address=address,
        words=words,
        style=Markup(f"<style>{style}</style>"),
        script=Markup(f"<script>{script}</script>"),
        drawing=Markup(f'<svg class="drawing" aria-hidden="true"{drawing[1]}>{drawing[2]}</svg>'),
    )


@blueprint.get("/starting.html")
def download() -> Response:
    """The file, to be kept on a tablet."""
    response = Response(render_startup_page(), mimetype="text/html")
    response.headers["Content-Disposition"] = 'attachment; filename="starting.html"'
    return response
