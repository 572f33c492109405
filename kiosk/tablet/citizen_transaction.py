"""The next person at the tablet: what a page that is sent does to what other people left.

A page is drawn for whoever asks, a person or not: a tab that was forgotten, a monitor, a browser that reads ahead. So
nothing ends when a page is drawn. What a page sends, a person has touched: it seals what was left open under another
page's id, and the last one's follow-up code is shown no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from kiosk.error_catalogue.page_errors import PageError
from kiosk.rating import drafts
from kiosk.tablet import thanks_code
from kiosk.web.request_context import current_database, current_moment
from models.clock import Moment


@contextmanager
def open_citizen_transaction(id: str) -> Iterator[tuple[Session, Moment]]:
    """The transaction of what the page of rating `id` sent, and its moment: every POST of the citizen's pages works in
    it, once its seal was found to hold. A `PageError` ends the request, not what was sealed."""
    problem: PageError | None = None
    with current_database().write() as session:
        if drafts.seal_other_drafts(session, id):
            thanks_code.forget_code(session, but=id)
        try:
            yield session, current_moment()
        except PageError as error:
            problem = error
    if problem is not None:
        raise problem
