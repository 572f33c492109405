"""Labels of channels, stages and groups of agencies, for the centre's pages and their files."""

from __future__ import annotations

from typing import Any

from admin.statistics import queries
from models.vocabulary import Channel, Stage
from translations import lazy

CHANNELS = {
    Channel.KIOSK.value: lazy("Device at the desk"),
    Channel.QR.value: lazy("QR code"),
    Channel.CODE.value: lazy("Typed code"),
    Channel.PAPER.value: lazy("Paper form"),
    Channel.POSTER.value: lazy("Poster (not in the index)"),
}
_STAGES = {
    Stage.SUBMISSION.value: lazy("Handing in a dossier"),
    Stage.SUPPLEMENT.value: lazy("Completing a dossier"),
    Stage.REFUSAL.value: lazy("Dossier refused"),
    Stage.RESULT.value: lazy("Receiving the result"),
    Stage.GUIDANCE.value: lazy("Guidance"),
}
_GROUPS = {
    "department": lazy("Departments"),
    "service_centre": lazy("Service centre"),
    "ward": lazy("Wards"),
    "commune": lazy("Communes"),
    "special_zone": lazy("Special zones"),
    "vertical": lazy("Ministry branches"),
}
#: The same in the middle of a sentence: Xếp hạng phường, tháng 10/2026.
_INSIDE = {
    "department": lazy("departments"),
    "service_centre": lazy("service centres"),
    "ward": lazy("wards"),
    "commune": lazy("communes"),
    "special_zone": lazy("special zones"),
    "vertical": lazy("ministry branches"),
}


def channel_label(id: str) -> Any:
    """A channel."""
    return CHANNELS.get(id, id)


def stage_label(id: str) -> Any:
    """A stage of a dossier's life; empty is one nobody knows."""
    return _STAGES.get(id, lazy("Stage unknown"))


def group_label(id: str) -> Any:
    """A group of agencies as a heading."""
    return _GROUPS.get(id, lazy("Others"))


def group_label_inside(id: str) -> Any:
    """A group within a sentence."""
    return _INSIDE.get(id, lazy("other agencies"))


def group_label_of_kind(kind: str) -> Any:
    """The heading of the group in which a kind of agency stands."""
    return group_label(queries.group_of(kind))
