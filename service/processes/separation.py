"""Separation of duties: one person never acts at two levels of one case, whatever the diagram says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from service.errors import SeparationOfDuties
from service.processes.queries import Procedure

NO_LEVEL = ""


def refuse_second_level(
    acts: Mapping[str, Sequence[str]], bundle: Procedure, level: str, user_id: uuid.UUID
) -> None:
    """Raises SeparationOfDuties naming the step at which this person acted for another level.

    `acts` is the case's {step: [user ids]}, `level` the group for which they want to act now. It stands in
    the case's row, so that the guard on its revision covers this check too.
    """
    if level == NO_LEVEL:
        return
    for element, users in sorted(acts.items()):
        if str(user_id) in users and bundle.level_of(element) not in (level, NO_LEVEL):
            raise SeparationOfDuties(
                f"Ông/bà đã xử lý bước “{bundle.element_name(element)}” của hồ sơ này ở cấp khác; "
                "một người không được xử lý ở hai cấp."
            )
