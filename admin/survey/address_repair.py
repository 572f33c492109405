"""Addresses that arrive changed: whoever asks is sent to the one that was meant.

What happens to addresses on their way: `models.protocol.mangled_address`. A form that was sent to one is sent on as it
is, with all that stands in it.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from admin.survey.phone_page_layout import blueprint
from models.protocol import mangled_address

#: Of staff's parts one page is anybody's: what a printed report must say.
_OF_ANYBODY = "reports.verify"


@blueprint.before_app_request
def redirect_to_repaired_address() -> Response | None:
    """The way to the address that was meant, where that is another one of a citizen's."""
    if request.endpoint is not None and request.blueprint != blueprint.name and request.endpoint != _OF_ANYBODY:
        return None
    fixed_path = mangled_address.repair_path(request.path)
    right = request.endpoint is not None and fixed_path is not None and fixed_path.casefold() == request.path.casefold()
    if fixed_path is None or right or fixed_path == request.path:
        return None
    own = [(name, value) for name, value in request.args.items(multi=True) if not mangled_address.is_tracker(name)]
    target = quote(fixed_path, safe="/.-") + (f"?{urlencode(own)}" if own else "")
    return redirect(target, 303 if request.method in ("GET", "HEAD") else 307)
