"""What somebody asks of their worklist. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import BadInput
from service.wording import Words, _, marked

TABS = ("open", "due_soon", "overdue", "returned", "follow_up", "done")
HOLDERS = ("mine", "unassigned", "handed", "rows")
FLAGS = ("returned", "signing", "urgent", "follow_up")
SORTS = ("due", "received", "commune", "priority")
_WHAT = Words(
    {
        "tab": marked("danh sách"),
        "holder": marked("cách lọc theo người xử lý"),
        "sort": marked("cách sắp xếp"),
        "flags": marked("dấu hiệu"),
    }
)


@dataclass(frozen=True)
class Wanted:
    """What of the worklist is wanted, and in which order. "" and None ask for everything.

    `holder` is one of HOLDERS; all of `flags` must hold; raises BadInput for names that are not known.
    """

    tab: str = "open"
    search: str = ""
    year: int | None = None
    district_id: uuid.UUID | None = None
    element: str = ""
    holder: str = ""
    flags: frozenset[str] = frozenset()
    sort: str = "due"

    def __post_init__(self) -> None:
        _require("tab", self.tab, TABS)
        _require("holder", self.holder, ("", *HOLDERS))
        _require("sort", self.sort, SORTS)
        for flag in sorted(self.flags):
            _require("flags", flag, FLAGS)

    @property
    def narrows(self) -> bool:
        """Whether anything beside the tab is asked for."""
        return Wanted(self.tab, sort=self.sort) != self


def _require(field: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        names = ", ".join(one for one in known if one)
        raise BadInput(
            _("Không có %(what)s %(value)s.", what=_WHAT[field], value=f"{value!r}"),
            fields={field: [_("Chọn một trong: %(names)s.", names=names)]},
        )
