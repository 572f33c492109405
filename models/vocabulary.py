"""The vocabulary: words with fixed values, in ledgers and stores for ever; add, never rename."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where in a dossier's life the citizen was asked."""

    SUBMISSION = "submission"
    SUPPLEMENT = "supplement"
    REFUSAL = "refusal"
    RESULT = "result"
    GUIDANCE = "guidance"


class Channel(StrEnum):
    """The way an answer came in."""

    KIOSK = "kiosk"
    QR = "qr"
    CODE = "code"
    POSTER = "poster"
    PAPER = "paper"


class ResponseState(StrEnum):
    """How far the citizen went."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CountOutcome(StrEnum):
    """What the projection made of a response."""

    COUNTED = "counted"
    SUPERSEDED = "superseded"
    CONTESTED = "contested"
    NOT_COUNTED = "not_counted"


class Role(StrEnum):
    """What a member of staff may see and do, within one agency and what lies under it."""

    PROVINCE = "province"
    AGENCY = "agency"
    DESK = "desk"
    AUDITOR = "auditor"
    EDITOR = "editor"


class Factor(StrEnum):
    """The five factors of the Ministry of Home Affairs' survey (SIPAS): access, procedure, official, result,
    feedback handling."""

    ACCESS = "A"
    PROCEDURE = "B"
    OFFICIAL = "C"
    RESULT = "D"
    FEEDBACK = "E"


class DeviceState(StrEnum):
    """The life of a device at the centre."""

    NEW = "new"
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    FORKED = "forked"
    REVOKED = "revoked"
    LOST = "lost"


#: The order in which stages are written into a token's single byte. Append only.
STAGE_BYTES = (Stage.SUBMISSION, Stage.SUPPLEMENT, Stage.REFUSAL, Stage.RESULT, Stage.GUIDANCE)
SCORES = (1, 2, 3, 4, 5)
#: "Don't know / not applicable": answered, but in no denominator.
NOT_APPLICABLE = 0
