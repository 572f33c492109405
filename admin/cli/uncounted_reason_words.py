"""Words for why an answer is not counted, and for the fields that are passed over."""

from __future__ import annotations

from collections.abc import Iterable

from translations import lazy

_REASONS = {
    "declined": lazy("declined to answer"),
    "withdrawn": lazy("taken back"),
    "drill": lazy("practice answer"),
    "unknown_desk": lazy("the device's desk is not in the list yet"),
    "unknown_agency": lazy("the agency is not in the list yet"),
    "unknown_instrument": lazy("the questionnaire is not in the system yet"),
    "foreign_agency": lazy("speaks for another agency or desk"),
    "wrong_agency": lazy("names another agency (former rule)"),
    "wrong_channel": lazy("names a channel that is not its own"),
    "no_answer": lazy("no answer that can be counted"),
    "unknown_item": lazy("holds a question that is not in the questionnaire"),
    "bad_score": lazy("a score outside the scale"),
    "bad_payload": lazy("its content cannot be read"),
    "bad_id": lazy("its id is not valid"),
    "duplicate_id": lazy("the same id as an earlier one of the same device"),
}
_FIELDS = {
    "agency": lazy("agency"),
    "channel": lazy("channel"),
    "procedure": lazy("procedure"),
    "stage": lazy("stage of the dossier"),
    "decider": lazy("deciding agency"),
    "month": lazy("month"),
    "t": lazy("time"),
    "anchor": lazy("time anchor"),
    "tie": lazy("reference of the slip or dossier"),
    "desk": lazy("desk"),
}


def describe_reason(code: str) -> str:
    """A reason of a response in words, with its code; the code alone where there are none."""
    return f"{_REASONS[code]} [{code}]" if code in _REASONS else code


def describe_fields(names: Iterable[str]) -> str:
    """Fields that were passed over, in words, with their names."""
    return ", ".join(f"{_FIELDS[name]} [{name}]" if name in _FIELDS else name for name in names)
