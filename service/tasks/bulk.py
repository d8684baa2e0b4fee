"""The same act on several tasks: each in a transaction of its own, and what became of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.errors import BadInput, DomainError
from service.tasks.guarding import once_more
from service.wording import _

MOST_ROWS = 100


@dataclass(frozen=True)
class Outcome:
    """`refusal` is why nothing has changed; None where it was done."""

    task_id: uuid.UUID
    refusal: DomainError | None


def for_each(task_ids: Sequence[uuid.UUID], act: Callable[[uuid.UUID], None]) -> list[Outcome]:
    """`act` on each in this order; one that is refused keeps no other from being done.

    Raises BadInput for none or for more than MOST_ROWS, before anything is done.
    """
    wanted = list(dict.fromkeys(task_ids))
    if not wanted:
        sentence = _("Chưa chọn việc nào. Hãy đánh dấu các việc trong danh sách rồi bấm lại.")
        raise BadInput(sentence, fields={"tasks": [sentence]})
    if len(wanted) > MOST_ROWS:
        sentence = _(
            "Mỗi lần xử lý được nhiều nhất %(most_rows)s việc. Hãy chọn ít hơn.", most_rows=MOST_ROWS
        )
        raise BadInput(sentence, fields={"tasks": [sentence]})
    return [Outcome(task_id, _refusal_of(task_id, act)) for task_id in wanted]


def _refusal_of(task_id: uuid.UUID, act: Callable[[uuid.UUID], None]) -> DomainError | None:
    try:
        once_more(lambda: act(task_id))
    except DomainError as refusal:
        return refusal
    return None
