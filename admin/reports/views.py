"""stub"""
from __future__ import annotations
from flask import Blueprint
from admin import access, pages
from admin.access import guarded

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports")
@guarded(*access.EVERY_ROLE)
def months() -> str:
    """Page."""
    with pages.fresh() as session:
        return pages.draw(session, "base.html")
