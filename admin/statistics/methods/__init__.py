"""Methods an index is computed by: named, versioned, never changed once figures were published.

An instrument names the method of its headline; every figure and every paper says by which one it was made.
"""

from __future__ import annotations

from admin.statistics.methods.method import Method
from admin.statistics.methods.scores import GOVUK, MEAN_SCORE
from admin.statistics.methods.top2 import ALL_TOP2, MEAN_OF_FACTORS, MEAN_OF_ITEMS, OVERALL, POOLED

#: All methods by their id.
METHODS: dict[str, Method] = {
    method.id: method
    for method in (OVERALL, MEAN_OF_FACTORS, MEAN_OF_ITEMS, POOLED, ALL_TOP2, MEAN_SCORE, GOVUK)
}


class UnknownMethod(LookupError):
    """No method has this name. `code` is the stable word for it."""

    code = "unknown_method"


def method(id: str) -> Method:
    """The method with this id (`top2.overall`). Raises `UnknownMethod`."""
    try:
        return METHODS[id]
    except KeyError:
        raise UnknownMethod(id) from None


__all__ = ["METHODS", "Method", "UnknownMethod", "method"]
