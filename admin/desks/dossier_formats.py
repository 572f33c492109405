"""Formats of dossier codes: the province's `dossiers.json` in the instance folder, else the usual.

Desks and the API read codes by the same patterns; a new format needs no new version. A file that cannot be used is as
none, and said in the log.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from models.protocol import dossier_code

FILE = "dossiers.json"
#: More than any province needs; the longest a pattern may be, in characters.
MOST, LONGEST = 20, 300
log = logging.getLogger(__name__)


def read_province_formats(instance: Path) -> Sequence[str]:
    """The patterns in force, regular expressions that name `agency` and `day` (YYMMDD)."""
    path = instance / FILE
    if not path.exists():
        return dossier_code.PATTERNS
    try:
        return read_formats_file(path)
    except ValueError as error:
        log.warning("%s: %s", FILE, error)
        return dossier_code.PATTERNS


def read_formats_file(path: Path) -> Sequence[str]:
    """The patterns of a file: `{"patterns": ["(?P<agency>…)-(?P<day>\\d{6})-\\d{4}"]}`. Raises ValueError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        patterns = value["patterns"]
    except (OSError, KeyError, TypeError) as error:
        raise ValueError(f"no patterns: {error!r}") from error
    if not isinstance(patterns, list) or not 1 <= len(patterns) <= MOST:
        raise ValueError(f"1 to {MOST} patterns")
    for pattern in patterns:
        if not isinstance(pattern, str) or len(pattern) > LONGEST:
            raise ValueError("a pattern is a text")
        try:
            groups = re.compile(pattern, re.ASCII).groupindex
        except re.error as error:
            raise ValueError(f"{pattern}: {error}") from error
        if not {"agency", "day"} <= groups.keys():
            raise ValueError(f"{pattern} names no agency and day")
    return tuple(patterns)
