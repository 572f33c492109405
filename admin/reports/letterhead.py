"""The letterhead of a report: its head, place, signer and receivers.

They come from the agency's own data or else from its name. The words are those of the decree on papers (Nghị định
30/2020/NĐ-CP) and stay Vietnamese in any language.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.reference.localized_text import LocalText
from models.tables.agency import Agency

#: The decree's words, for each kind of agency, with a place for the unit it governs.
_WORDS: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "letterhead.json").read_text(encoding="utf-8"))
_COMMITTEE: str = _WORDS["committee"]
_COMMUNAL = ("ward", "commune", "special_zone")
#: What stands before the name of a place.
_UNITS: list[str] = _WORDS["units"]
#: The head of a body by how its name begins; the first that fits.
_HEADS: list[list[str]] = _WORDS["heads"]
#: Words that leave no letter in the short form of a name.
_SILENT: list[str] = _WORDS["silent"]


def build_letterhead(line: Sequence[Agency]) -> dict[str, Any]:
    """The `paper` part of a figures document for the first agency of `line`; the others stand above it in turn.

    What the agency's own data name (`superior`, `issuer_lines`, `abbr`, `place`, `signer_lines`, `recipients`,
    `body_name`) holds; the rest follows from its kind and name.
    """
    agency, province = line[0], line[-1]
    if agency.kind == "province":
        paper = _province(agency)
    elif agency.kind in _COMMUNAL:
        paper = _commune(agency)
    else:
        paper = _body(agency, line[1] if len(line) > 1 else None, province)
    plan_place = _with_unit(province.name_vi)
    paper["plan_issuer"] = _local(
        f"{_COMMITTEE} {plan_place}", f"the People's Committee of {province.name_en}" if province.name_en else ""
    )
    return paper | {name: value for name, value in agency.paper.items() if name in paper and value}


def _province(agency: Agency) -> dict[str, Any]:
    """A province reports through its department of home affairs."""
    words = _WORDS["province"]
    return {
        "superior": f"UBND {_with_unit(agency.name_vi)}".upper(),
        "issuer_lines": list(words["issuer_lines"]),
        "abbr": words["abbr"],
        "place": _place(agency.name_vi),
        "signer_lines": list(words["signer_lines"]),
        "recipients": _recipients(words, agency.name_vi),
        "body_name": _local(words["body_name"], "the Department of Home Affairs"),
    }


def _commune(agency: Agency) -> dict[str, Any]:
    """A ward, commune or special zone reports through its people's committee."""
    words, full_name = _WORDS["commune"], _with_unit(agency.name_vi)
    return {
        "superior": None,
        "issuer_lines": [_COMMITTEE.upper(), full_name.upper()],
        "abbr": words["abbr"],
        "place": _place(agency.name_vi),
        "signer_lines": list(words["signer_lines"]),
        "recipients": _recipients(words, agency.name_vi),
        "body_name": _local(
            f"{_COMMITTEE} {full_name}", f"the People's Committee of {agency.name_en}" if agency.name_en else ""
        ),
    }


def _body(agency: Agency, above: Agency | None, province: Agency) -> dict[str, Any]:
    """A department, service centre or other body; those of a ministry (`vertical`) name no superior of the province."""
    name = _plain(agency.name_vi)
    superior = None
    if above is not None and agency.kind != "vertical":
        territorial = above.kind == "province" or above.kind in _COMMUNAL
        superior = (f"UBND {_with_unit(above.name_vi)}" if territorial else _plain(above.name_vi)).upper()
    head = next((head for start, head in _HEADS if name.startswith(start)), _WORDS["other_head"])
    place = above.name_vi if above is not None and above.kind in _COMMUNAL else province.name_vi
    return {
        "superior": superior,
        "issuer_lines": [name.upper()],
        "abbr": f"BC-{_initials(name)}",
        "place": _place(place),
        "signer_lines": [head],
        "recipients": _recipients(_WORDS["body"], name),
        "body_name": _local(name, agency.name_en),
    }


def _recipients(words: Mapping[str, Any], name: str) -> list[str]:
    """Who receives the papers of an agency with this name."""
    return [line.format(unit=_unit(name)) for line in words["recipients"]]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _with_unit(name: str) -> str:
    """The name of a place with its unit in lower case: "UBND phường Hoa Lư" → "phường Hoa Lư"."""
    bare, unit = _bare(name), _unit(name)
    return f"{unit} {bare[len(unit):].strip()}" if unit else bare


def _unit(name: str) -> str:
    """The kind of place a name begins with ("phường"), or nothing."""
    return next((unit for unit in _UNITS if _bare(name).casefold().startswith(f"{unit} ")), "")


def _bare(name: str) -> str:
    """A place without the body that governs it: "UBND phường Hoa Lư" → "phường Hoa Lư"."""
    name = _plain(name)
    starts = ("UBND ", f"{_COMMITTEE} ")
    return next((name[len(start):] for start in starts if name.casefold().startswith(start.casefold())), name)


def _place(name: str) -> str:
    """The bare name of a place: "Tỉnh Ninh Bình" → "Ninh Bình"."""
    full_name = _with_unit(name)
    return full_name.removeprefix(_unit(full_name)).strip()


def _initials(name: str) -> str:
    """The short form of a body's name: "Sở Nông nghiệp và Môi trường" → "SNNMT"."""
    words = name.replace(_COMMITTEE, "UBND").replace(_COMMITTEE.lower(), "UBND").split()
    main_words = [word.strip(",.-") for word in words if word.casefold() not in _SILENT]
    return "".join(word if word.isupper() else word[0].upper() for word in main_words if word)


def _local(vi: str, en: str) -> dict[str, str]:
    return dict(LocalText({"vi": vi, "en": en}))
