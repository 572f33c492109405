"""Restricted answers: those for the province alone, as they travel beside an entry (kind `x`).

Canonical JSON: the questionnaire's id and version, and pairs of a question's id and the chosen value.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.protocol import canonical
from models.protocol.canonical import NotCanonical

#: The most questions, the longest id of one or of a questionnaire (characters), and the largest chosen value.
MOST, LONGEST_ID, LARGEST = 40, 24, 9


def dump(id: str, version: int, answers: Sequence[tuple[str, int]]) -> str:
    """The text that travels. Raises `NotCanonical` for what `parse` would refuse."""
    text = canonical.dump({"answers": [[*pair] for pair in answers], "id": id, "version": version}).decode()
    parse(text)
    return text


def parse(text: str) -> dict[str, int]:
    """Question → chosen value. Raises `NotCanonical`, never another error, whatever a device wrote."""
    value = canonical.parse(text.encode(errors="surrogatepass"))  # which reads none
    answers = value.get("answers")
    if value.keys() != {"answers", "id", "version"} or type(answers) is not list or len(answers) > MOST:
        raise NotCanonical("not answers for the province")
    if type(value["id"]) is not str or len(value["id"]) > LONGEST_ID or type(value["version"]) is not int:
        raise NotCanonical("not the name of a questionnaire")
    chosen_values: dict[str, int] = {}
    for pair in answers:
        if type(pair) is not list or [type(one) for one in pair] != [str, int]:
            raise NotCanonical("not a question and a value")
        question, chosen = pair
        if question in chosen_values or not 0 < len(question) <= LONGEST_ID or not 0 <= chosen <= LARGEST:
            raise NotCanonical("a question twice, or a value that cannot be chosen")
        chosen_values[question] = chosen
    return chosen_values
