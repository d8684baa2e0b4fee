"""What a delivery does, by the kind of its outbox row: who writes rows of a new kind adds its handler here.

A handler runs outside any transaction and opens its own. It must record what it did in the transaction in
which it does it: a row is delivered again when the process died before noting that it was done. It raises
to be tried again later; `now` is never before the row's own time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from service.jobs.announcing import (
    deliver_case_finished,
    deliver_comment_added,
    deliver_draft_told,
    deliver_email,
    deliver_round_told,
    deliver_rows_given,
    deliver_substitution,
    deliver_webhook,
)
from service.jobs.messages import handle_delivery, handle_message, handle_signal
from service.jobs.service_tasks import handle_job
from service.rounds.delivery import deliver_round_act

# Called with the keywords case_id, payload, now, outbox_id.
Handler: TypeAlias = Callable[..., None]


def _round_act(
    *,
    case_id: uuid.UUID,
    payload: dict[str, Any],
    now: datetime,
    outbox_id: int,  # noqa: ARG001
) -> None:
    deliver_round_act(case_id=case_id, payload=payload, now=now)


HANDLERS: Mapping[str, Handler] = {
    "round_act": _round_act,
    "case_finished": deliver_case_finished,
    "comment_added": deliver_comment_added,
    "rows_given": deliver_rows_given,
    "round_told": deliver_round_told,
    "draft_told": deliver_draft_told,
    "substitution": deliver_substitution,
    "email": deliver_email,
    "webhook": deliver_webhook,
    "job": handle_job,
    "message": handle_message,
    "signal": handle_signal,
    "message_delivery": handle_delivery,
}
