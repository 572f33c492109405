"""Words of the desk's error pages: they ask the store for nothing, so they promise nothing."""

from __future__ import annotations

import pytest

from kiosk.web.errors import FAULTS, PAUSES, Fault
from translations import use_locale

PROMISES = {"en": ("safe", "is lost", "are lost"), "vi": ("an toàn", "không mất", "còn nguyên")}


EVERY = [*FAULTS.values(), *PAUSES.values()]


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: f"{fault.code}-{fault.status}")
def test_nothing_is_promised_of_a_store_that_nobody_asked(fault: Fault) -> None:
    for locale, promises in PROMISES.items():
        with use_locale(locale):
            said = f"{fault.title} {fault.text}"
            assert not [words for words in promises if words in said]
