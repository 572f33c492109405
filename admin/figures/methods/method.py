"""What a method is: a name, a version, where it comes from, and the computation from answers to a measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from admin.figures.index import Answers, Measure
from models.localtext import LocalText

#: Item → factor (`A`…`E`); the overall question has none.
Factors = Mapping[str, str]


@dataclass(frozen=True)
class Method:
    """A way to compute an index. A changed computation is a new version under a new number."""

    id: str
    version: int
    name: LocalText
    source: str
    compute: Callable[[Answers, Factors], Measure]
    #: whether the factors are terms of the headline, so that a missing one could be found from the others
    uses_factors: bool
