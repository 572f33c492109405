"""Message ids of help texts: a docstring without the line breaks and the indent of its source."""

from __future__ import annotations

import inspect


def message_id(help: str) -> str:
    """The paragraphs of a help text, each on one line, an empty line between them."""
    paragraphs = inspect.cleandoc(help).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
