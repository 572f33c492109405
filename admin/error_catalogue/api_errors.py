"""Errors of the interfaces for other systems, announced slips and open data: read in English."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable

SLIPS_API = ErrorTable(
    "POST /api/v1/slips",
    ErrorKind("no_browsers", "This address is for servers; a key must never be in a browser.", 403),
    ErrorKind("unknown_key", "Show a key that is in use.", 401),
    ErrorKind("not_json", "Send application/json.", 415),
    ErrorKind("bad_json.not_read", "The body is not JSON, or says something twice.", 400),
    ErrorKind("bad_json.no_object", "The body is not a JSON object.", 400),
    ErrorKind("bad_json.too_deep", "The body is too deep.", 400),
    ErrorKind("bad_field.beside", "Beside 'slips' nothing else may stand.", 422),
    ErrorKind("bad_field.slips", "'slips' must be a list of 1 to %(most)s objects.", 422),
    ErrorKind("bad_field.no_object", "%(place)s must be an object.", 422),
    ErrorKind("bad_field.unknown", "%(place)s%(field)r is not a field of a slip.", 422),
    ErrorKind("bad_field.stage", "%(place)sstage must be one of %(stages)s.", 422),
    ErrorKind("bad_field.text", "%(place)s must be a text of 1 to %(longest)s characters.", 422),
    ErrorKind("bad_field.dossier_code", "%(place)sdossier_code is a dossier code in none of the known formats.", 422),
    ErrorKind("bad_field.due", "%(place)sdue must be a day such as 2026-11-30.", 422),
    ErrorKind("bad_field.idempotency_key", "Idempotency-Key must be 1 to 80 printable ASCII characters.", 422),
    ErrorKind("unknown_agency.of_key", "agency names no agency of this key.", 422),
    ErrorKind("unknown_agency.decider", "decider names no agency.", 422),
    ErrorKind("unknown_desk", "desk names no desk of this agency.", 422),
    ErrorKind("foreign_agency", "decider names an agency that this key may not name.", 422),
    ErrorKind("unknown_procedure", "procedure names no procedure.", 422),
    ErrorKind("idempotency_mismatch", "This Idempotency-Key was used with another body; nothing was made.", 422),
    ErrorKind("too_many", "This key has announced as many slips as it may in a minute; nothing was made.", 429),
)

OPEN_DATA = ErrorTable(
    "GET /api/v1/indices",
    ErrorKind("bad_period.not_read", "from and to are months such as 2026-10, from not after to.", 400),
    ErrorKind("bad_period.not_over", "Only complete months are published; the last one is %(last)s.", 400),
    ErrorKind("too_many_months", "At most %(most)s months at once, up to %(last)s from %(first)s.", 400),
    ErrorKind("unknown_agency", "No agency has this key.", 404),
    ErrorKind("unknown_method", "Methods: %(methods)s.", 400),
    ErrorKind("unknown_instrument", "Instruments: %(instruments)s.", 400),
)
