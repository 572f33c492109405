"""The OpenAPI 3.1 document of the API, as data; a test holds the running server to it."""

from __future__ import annotations

from typing import Any

from admin.api.open_data import openapi_paths
from admin.api.slips.request import MAX_SLIPS, OPTIONAL, REQUIRED
from models.vocabulary import Stage

_ABOUT = {
    "agency": "Key of the receiving agency; the API key must be for it, or for one above it.",
    "stage": "Where in the dossier's life the slip is handed out.",
    "desk": "Code of the agency's desk; absent for a dossier that came online.",
    "decider": "Key of the deciding agency where it is another one; one that this key may name.",
    "procedure": "Code of the administrative procedure.",
    "dossier_code": "The dossier's code. Only a keyed reference and the last two digits are kept, for 60 days after "
    "the month's end.",
    "due": "Local day the result is due, such as 2026-11-30.",
}


def build_openapi_document(server: str, version: str) -> dict[str, Any]:
    """The description; `server` is the address of the centre."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hài Lòng",
            "version": version,
            "description": "Slips for other systems: announce a dossier's step, print or send the QR that is answered. "
            "And open data: the indices of all agencies.",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": {
            "/api/v1/slips": {"post": _post()}, **openapi_paths.paths(), "/api/v1/openapi.json": {"get": _own()},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Slip": _slip(),
                "Batch": _list("Slip", most=MAX_SLIPS),
                "Made": _made(),
                "MadeBatch": _list("Made", most=MAX_SLIPS),
                "Error": _error(),
                **openapi_paths.schemas(),
            },
        },
    }


def _post() -> dict[str, Any]:
    descriptions = {
        "201": "Made; or, with the same Idempotency-Key and the same body, the first answer again.",
        "400": "The body is not JSON.",
        "401": "No key that is in use.",
        "403": "Sent by a browser.",
        "413": "Larger than 2 MiB.",
        "415": "Not application/json.",
        "422": "A field cannot be taken, or the Idempotency-Key was used with another body. Nothing was made.",
        "429": "More slips than the key may announce in a minute. Nothing was made.",
        "503": "The store is busy. Nothing was made; send again, with the same Idempotency-Key.",
    }
    responses = {code: {"description": text, "content": _json("Error")} for code, text in descriptions.items()}
    responses["201"]["content"] = {"application/json": {"schema": {"oneOf": [_ref("Made"), _ref("MadeBatch")]}}}
    responses["201"]["headers"] = {"Idempotent-Replayed": {"schema": {"const": "true"}}}
    seconds = {"type": "string", "pattern": "^[0-9]+$"}
    responses["429"]["headers"] = {"Retry-After": {"required": True, "schema": seconds}}
    return {
        "operationId": "announceSlips",
        "summary": "Announce one slip, or up to 200",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same body gets the same answer for 7 days.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[ -~]+$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": [_ref("Slip"), _ref("Batch")]}}},
        },
        "responses": responses,
    }


def _own() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "describe",
        "summary": "This description",
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1", "content": content}},
    }


def _slip() -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, longest in (REQUIRED | OPTIONAL).items():
        kind = "string" if name in REQUIRED else ["string", "null"]
        properties[name] = {"type": kind, "minLength": 1, "maxLength": longest, "description": _ABOUT[name]}
    properties["stage"]["enum"] = [stage.value for stage in Stage]
    properties["due"]["pattern"] = "^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}$"
    return _object(properties, sorted(REQUIRED))


def _made() -> dict[str, Any]:
    return _object(
        {
            "token": {"type": "string", "pattern": "^[A-Z2-7]{152}$"},
            "url": {"type": "string", "description": "Where the citizen answers: for SMS, Zalo, portal and envelope."},
            "qr_svg": {"type": "string", "description": "The QR of the address, with its quiet zone."},
            "code": {
                "type": ["string", "null"],
                "pattern": "^[0-9A-HJKMNP-TV-Z]{4}( [0-9A-HJKMNP-TV-Z]{4}){3}$",
                "description": "For whoever cannot scan: typed at /m.",
            },
        },
        ["code", "qr_svg", "token", "url"],
    )


def _error() -> dict[str, Any]:
    inner = _object({"code": {"type": "string"}, "message": {"type": "string"}}, ["code", "message"])
    return _object({"error": inner}, ["error"])


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(name: str, *, most: int) -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "maxItems": most, "items": _ref(name)}
    return _object({"slips": rows}, ["slips"])


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}
