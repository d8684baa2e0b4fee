"""Separation of duties: one person never acts at two levels of one case, whatever the diagram says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from service.errors import SeparationOfDuties
from service.processes.queries import Procedure
from service.wording import _

NO_LEVEL = ""


def refuse_second_level(
    acts: Mapping[str, Sequence[str]], bundle: Procedure, level: str, user_id: uuid.UUID
) -> None:
    """Raises SeparationOfDuties naming the step at which this person acted for another level.

    `acts` is the case's {step or act by message: [user ids]}, `level` the group for which they want to act
    now. It stands in the case's row, so that the guard on its revision covers this check too.
    """
    element = step_at_another_level(acts, bundle, level, user_id)
    if element is not None:
        raise SeparationOfDuties(
            _(
                "Ông/bà đã xử lý bước “%(step)s” của hồ sơ này ở cấp khác; một người không được xử lý ở hai "
                "cấp.",
                step=bundle.element_name(element),
            )
        )


def step_at_another_level(
    acts: Mapping[str, Sequence[str]], bundle: Procedure, level: str, user_id: uuid.UUID
) -> str | None:
    """The first step (or act by message) at which this person acted for another level; None without one."""
    if level == NO_LEVEL:
        return None
    return next(
        (
            element
            for element, users in sorted(acts.items())
            if str(user_id) in users and bundle.level_of(element) not in (level, NO_LEVEL)
        ),
        None,
    )
