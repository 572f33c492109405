"""Translations of the questionnaires' texts, laid over a document that is itself unchangeable.

A questionnaire may bring a language itself. Else the language's `questions.po` has the text by its Vietnamese wording:
a reworded question is a text without a translation, never one with the old one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from translations import loader


def find_texts(part: Any) -> Iterator[dict[str, str]]:
    """Every text of a document, as language → wording; without what is for its editors alone (`source`)."""
    if isinstance(part, dict):
        if isinstance(part.get("vi"), str):
            yield part
            return
        for inner in part.values():
            yield from find_texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from find_texts(inner)


def find_needed_wordings(documents: Collection[dict[str, Any]], code: str) -> list[str]:
    """The Vietnamese wordings that the language must bring, because the documents do not."""
    return list(dict.fromkeys(text["vi"] for one in documents for text in find_texts(one) if not text.get(code)))


def overlay_translations(document: dict[str, Any], codes: Collection[str]) -> dict[str, Any]:
    """The document with its texts in these languages, as far as there are any, and in Vietnamese and English."""
    words = {code: texts for code in codes if (texts := loader.load_question_texts(code))}
    languages = {"vi", "en", *codes}

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            if isinstance(part.get("vi"), str):
                more = {code: by_text[part["vi"]] for code, by_text in words.items() if part["vi"] in by_text}
                return {code: text for code, text in {**more, **part}.items() if code in languages}
            return {key: walk(inner) for key, inner in part.items()}
        return [walk(inner) for inner in part] if isinstance(part, list) else part

    result: dict[str, Any] = walk(document)
    return result
