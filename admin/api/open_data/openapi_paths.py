"""The OpenAPI 3.1 paths and schemas of open data, a part of the API's description.

A test holds the running server to it.
"""

from __future__ import annotations

from typing import Any

from admin.api.open_data.request import MOST_FOR_ALL, MOST_MONTHS
from admin.api.open_data.serialization import BESIDE
from admin.statistics import queries

_MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"
_DECIMAL = {"type": ["string", "null"], "pattern": "^[0-9]+\\.[0-9]{2}$"}
_NUMBER = {"type": ["integer", "null"]}
_INTERVAL = {
    "type": ["array", "null"], "minItems": 2, "maxItems": 2, "items": {**_DECIMAL, "type": "string"},
    "description": "Both ends of the 95 % interval.",
}  # fmt: skip


def paths() -> dict[str, Any]:
    """The addresses of open data."""
    return {
        "/api/v1/indices": {"get": _get("indices", "Indices by agency and month", ("application/json", "text/csv"))},
        "/api/v1/indices.csv": {"get": _get("indicesTable", "The same as CSV", ("text/csv",))},
    }


def schemas() -> dict[str, Any]:
    """The shapes of what they answer."""
    return {"Indices": _indices(), "Index": _index()}


def _get(name: str, summary: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    shapes: dict[str, Any] = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Indices"}},
        "text/csv": {"schema": {"type": "string"}},
    }
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "parameters": [
            _parameter("agency", f"Key of an agency; absent: the province and all its agencies. Up to {MOST_MONTHS} "
                       f"months for one agency, {MOST_FOR_ALL} for all.", {"type": "string", "maxLength": 40}),
            _parameter("from", "First month; absent: the same as `to`.", {"type": "string", "pattern": _MONTH}),
            _parameter("to", "Last month; absent: the last complete one.", {"type": "string", "pattern": _MONTH}),
            _parameter("method", "How the index is computed; absent: by the questionnaire's own method.",
                       {"type": "string", "enum": list(queries.METHODS)}),
            _parameter("instrument", "The questionnaire; absent: `short` if it was answered, else `sipas23`.",
                       {"type": "string", "maxLength": 24}),
        ],
        "responses": {
            "200": {
                "description": "The figures. What fewer than 5 answers would give away is null.",
                "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                "content": {kind: shapes[kind] for kind in kinds},
            },
            "304": {"description": "Nothing changed since the ETag that was sent."},
            "400": {
                "description": "bad_period, too_many_months, unknown_method, unknown_instrument.", "content": error,
            },
            "404": {"description": "unknown_agency.", "content": error},
            "503": {"description": "The store is busy; ask again.", "content": error},
        },
    }  # fmt: skip


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _indices() -> dict[str, Any]:
    return _object(
        {
            "from": {"type": "string", "pattern": _MONTH},
            "to": {"type": "string", "pattern": _MONTH},
            "practice": {"type": "boolean", "description": "The figures are invented."},
            "indices": {"type": "array", "items": {"$ref": "#/components/schemas/Index"}},
        }
    )


def _index() -> dict[str, Any]:
    count_schemas = {name: {**_NUMBER, "description": "null: fewer than 5, or n is not shown."} for name in BESIDE}
    versions = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    return _object(
        {
            "agency": {"type": "string"},
            "name": {"type": "object", "description": "Language → name."},
            "period": {"type": "string", "pattern": _MONTH},
            "instrument": {"type": "string"},
            "instrument_versions": versions,
            "method": {"type": "string", "enum": list(queries.METHODS)},
            "method_version": {"type": "string"},
            "n": {**_NUMBER, "description": "Counted answers, all channels but the poster."},
            "index": {**_DECIMAL, "description": "Per cent; for mean_score from 1 to 5."},
            "interval": _INTERVAL,
            "shown": {"type": "string", "enum": ["full", "n_only", "under_5", "none", "withheld"]},
            "suppressed": {"type": "boolean"},
            **count_schemas,
            "excluded": _object(
                {
                    "n": {**_NUMBER, "description": "Answers two persons excluded; null: from 1 to 4, or not shown."},
                    "index": {**_DECIMAL, "description": "The index without them."},
                    "interval": _INTERVAL,
                    "open_flags": {"type": "integer", "description": "Flags nobody decided yet; they move nothing."},
                }
            ),
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    required = sorted(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
