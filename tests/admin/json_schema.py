"""As much of JSON Schema 2020-12 as the API's description uses; a word it does not know is a fault."""

from __future__ import annotations

import re
from typing import Any

_TYPES = {"string": str, "object": dict, "array": list, "null": type(None), "integer": int, "boolean": bool}
_KNOWN = {
    "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "minLength",
    "maxLength", "pattern", "enum", "const", "oneOf", "$ref", "description",
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> list[str]:
    """What in `value` breaks `schema`; `root` is the document that references are resolved in."""
    found = [f"{at}: unknown word {word}" for word in schema if word not in _KNOWN]
    if "$ref" in schema:
        return faults(value, resolved(schema["$ref"], root), root, at)
    if "oneOf" in schema:
        fitting = [one for one in schema["oneOf"] if not faults(value, one, root, at)]
        return found + ([] if len(fitting) == 1 else [f"{at}: fits {len(fitting)} of oneOf"])
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: none of {schema['enum']}")
    kinds = schema.get("type", list(_TYPES))
    if not isinstance(value, tuple(_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))):
        return [*found, f"{at}: not {kinds}"]
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
            found.append(f"{at}: length {len(value)}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{at}: not {schema['pattern']}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9):
            found.append(f"{at}: {len(value)} items")
        for number, one in enumerate(value):
            found += faults(one, schema.get("items", {}), root, f"{at}[{number}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
        if schema.get("additionalProperties", True) is False:
            found += [f"{at}: {name} is too much" for name in value if name not in properties]
        for name, one in value.items():
            found += faults(one, properties.get(name, {}), root, f"{at}.{name}")
    return found


def resolved(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    """What a reference inside the document stands for; KeyError if nothing."""
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    assert isinstance(node, dict)
    return node
