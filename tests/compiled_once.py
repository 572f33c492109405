"""Templates and builders of addresses, compiled once a process instead of once an app.

The suite makes some thousand apps of the same templates and routes; each used to spend half a second on them. A pytest
plugin; conftest.py loads it for the whole suite. Keys hold all that the result depends on, the template's text too.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class _Templates(BytecodeCache):
    """Jinja's own place for compiled templates, in memory; `checksum` is that of the template's text."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_builders: dict[tuple[object, ...], Callable[..., Any]] = {}
_compile_builder = Rule._compile_builder


def _builder(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    converters = tuple((name, type(converter)) for name, converter in self._converters.items())
    key = (self.rule, tuple(self._trace), converters, repr(self.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(self, append_unknown)
    return _builders[key]


def pytest_configure() -> None:
    """From here on."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Rule._compile_builder = _builder  # type: ignore[method-assign]
