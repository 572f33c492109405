"""Words of the desk's error pages: what nobody can know at that moment is not promised."""

from __future__ import annotations

import pytest

from kiosk.web.errors import FAULTS, PAUSES, Fault
from translations import use_locale

UNKNOWN = [FAULTS[code] for code in ("store_damaged", "no_store", "store_failed")] + [PAUSES["out_of_order"]]


@pytest.mark.parametrize("fault", UNKNOWN, ids=lambda fault: fault.code)
def test_nothing_is_promised_of_a_store_that_could_not_be_read(fault: Fault) -> None:
    for locale, safe in (("en", "safe"), ("vi", "an toàn")):
        with use_locale(locale):
            assert safe not in f"{fault.title} {fault.text}"
            assert safe in str(FAULTS["disk_full"].text)  # where it is known, it is said
