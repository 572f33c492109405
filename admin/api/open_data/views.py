"""`GET /api/v1/indices`: figures by agency and month as JSON or CSV.

Open to everybody and kept by caches. Nothing stands here that the pages hide. Complete months alone, so an answer
hardly ever changes; an ETag says when.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.api.open_data import request as series_request
from admin.api.open_data import serialization
from admin.api.open_data.request import BadQuery, OpenDataQuery
from admin.auth.permissions import PublicBlueprint
from admin.statistics import open_data_series, queries
from admin.web import request_context
from models.tables.agency import Agency, StoredInstrument
from models.tables.staff_account import StoreMark

blueprint = PublicBlueprint("open_data", __name__, url_prefix="/api/v1")
#: How long an answer may be kept without asking again, seconds.
KEPT = 600


@blueprint.errorhandler(BadQuery)
def refused(error: BadQuery) -> Response:
    """An error as every answer of the API says it."""
    response = jsonify({"error": {"code": error.code, "message": str(error)}})
    response.status_code = error.kind.status or 400
    return response


@blueprint.get("/indices")
def indices() -> Response:
    """The figures as JSON, or as CSV for whoever accepts nothing else."""
    offered = ["application/json", "text/csv"]
    return _answer_query(csv=request.accept_mimetypes.best_match(offered, default=offered[0]) == "text/csv")


@blueprint.get("/indices.csv")
def table() -> Response:
    """The same as CSV."""
    return _answer_query(csv=True)


def _answer_query(*, csv: bool) -> Response:
    with request_context.database().read() as session:
        last_complete = request_context.find_complete_figures(request_context.read_shown_ms(session)).month
    question = series_request.parse_query(request.args, last_complete)
    with request_context.database().read() as session:
        rows = _read_rows(session, question)
        practice = session.get(StoreMark, "practice") is not None
    if csv:
        response = Response(serialization.encode_open_data_csv(rows), mimetype="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="hailong-indices.csv"'
    else:
        body: dict[str, Any] = serialization.build_open_data_document(rows, question.months, practice=practice)
        response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.headers["Cache-Control"] = f"public, max-age={KEPT}"
    response.headers["Vary"] = "Accept"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.make_conditional(request)
    return response


def _read_rows(session: Session, question: OpenDataQuery) -> list[open_data_series.OpenFigure]:
    try:
        key = question.agency or session.scalars(
            select(Agency.key).where(Agency.kind == "province").order_by(Agency.key)
        ).first()
        if key is None:
            return []
        keys = queries.read_scope_keys(session, key)
        instrument = question.instrument or queries.choose_instrument(session, keys, question.months)
        if question.instrument is not None:
            _is_known_instrument(session, question.instrument)
        if question.agency is not None:
            return open_data_series.read_agency_series(session, key, question.months, instrument, question.method)
        return [
            row
            for month in question.months
            for row in open_data_series.read_month_series(session, key, month, instrument, question.method)
        ]
    except queries.UnknownAgency:
        raise BadQuery("unknown_agency") from None
    except queries.UnknownMethod:
        raise BadQuery("unknown_method", methods=", ".join(queries.METHODS)) from None


def _is_known_instrument(session: Session, instrument: str) -> None:
    instrument_ids = sorted(set(session.scalars(select(StoredInstrument.id).where(StoredInstrument.status != "draft"))))
    if instrument not in instrument_ids:
        raise BadQuery("unknown_instrument", instruments=", ".join(instrument_ids))
