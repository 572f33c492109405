"""The method of an index: name, version, origin, and the computation from answers to a measure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from admin.statistics.measures.index import Answers, Measure
from models.reference.localized_text import LocalText

#: Item → factor (`A`…`E`); the overall question has none.
Factors = Mapping[str, str]


#: What methods and intervals are called, and where they come from: `methods` and `intervals`, by id.
_WORDS: dict[str, dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "data" / "method_names.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class IntervalKind:
    """A kind of 95% interval."""

    id: str

    @property
    def name(self) -> LocalText:
        """Its name, as every page and paper says it. It stands in brackets nowhere, for it may hold some."""
        return _name(_WORDS["intervals"][self.id])

    @property
    def source(self) -> str:
        """Where its formula comes from."""
        return _WORDS["intervals"][self.id]["source"]


#: The interval of a plain share: `intervals.wilson_interval`.
WILSON = IntervalKind("wilson")

#: The interval of a mean: Wilson's formula for as many independent answers as the mean is worth, which its variance by
#: a jackknife over respondents tells (`intervals.mean_interval`). Neither name alone is true of it.
WILSON_EFFECTIVE = IntervalKind("wilson_effective")


@dataclass(frozen=True)
class Method:
    """A way to compute an index. A changed computation is a new version under a new number. `scale` are the lowest and
    the highest value it can have; (0, 100) is per cent. `interval` is the kind its figures carry."""

    id: str
    version: int
    compute: Callable[[Answers, Factors], Measure]
    #: what it is made of: the overall question, the items of factors, the overall question or else the items, or how
    #: many respondents were satisfied throughout
    reads: Literal["overall", "items", "scores", "all_top2"]
    interval: IntervalKind
    scale: tuple[int, int] = (0, 100)

    @property
    def name(self) -> LocalText:
        """What it is called."""
        return _name(_WORDS["methods"][self.id])

    @property
    def source(self) -> str:
        """Which decision or publication it follows."""
        return _WORDS["methods"][self.id]["source"]

    @property
    def uses_factors(self) -> bool:
        """Whether the factors are terms of the headline, so that a missing one could be found from the others."""
        return self.reads == "items"


def _name(words: dict[str, str]) -> LocalText:
    return LocalText({"vi": words["vi"], "en": words["en"]})
