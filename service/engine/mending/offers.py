"""What a mender is: it looks at a sheet and a problem, and offers a change or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.engine.errors import Mend, Problem
from service.engine.mending.sheet import Sheet


@dataclass(frozen=True)
class Offer:
    """`act` changes the sheet that the offer was made for."""

    mend: Mend
    act: Callable[[], None]


# None: the remedy is a choice that only a person can make, or the problem is not of this file.
Mender = Callable[[Sheet, Problem], Offer | None]
