"""The method of an index: name, version, origin, and the computation from answers to a measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from admin.statistics.measures.index import Answers, Measure
from models.reference.localized_text import LocalText

#: Item → factor (`A`…`E`); the overall question has none.
Factors = Mapping[str, str]


@dataclass(frozen=True)
class IntervalKind:
    """A kind of 95% interval: its name, as every page and paper says it, and where its formula comes from. The name
    stands in brackets nowhere, for it may hold some."""

    id: str
    name: LocalText
    source: str


#: The interval of a plain share: `intervals.wilson`.
WILSON = IntervalKind("wilson", LocalText({"vi": "Wilson", "en": "Wilson"}), "Wilson 1927")

#: The interval of a mean: Wilson's formula for as many independent answers as the mean is worth, which its variance by
#: a jackknife over respondents tells (`intervals.of_mean`). Neither name alone is true of it.
WILSON_EFFECTIVE = IntervalKind(
    "wilson_effective",
    LocalText({
        "vi": "Wilson với cỡ mẫu hiệu dụng (jackknife theo người trả lời)",
        "en": "Wilson for the effective sample size (jackknife over respondents)",
    }),
    "Wilson 1927, with the effective sample size from the variance of a jackknife over respondents",
)


@dataclass(frozen=True)
class Method:
    """A way to compute an index. A changed computation is a new version under a new number. `scale` are the lowest and
    the highest value it can have; (0, 100) is per cent. `interval` is the kind its figures carry."""

    id: str
    version: int
    name: LocalText
    source: str
    compute: Callable[[Answers, Factors], Measure]
    #: what it is made of: the overall question, the items of factors, the overall question or else the items, or how
    #: many respondents were satisfied throughout
    reads: Literal["overall", "items", "scores", "all_top2"]
    interval: IntervalKind
    scale: tuple[int, int] = (0, 100)

    @property
    def uses_factors(self) -> bool:
        """Whether the factors are terms of the headline, so that a missing one could be found from the others."""
        return self.reads == "items"
