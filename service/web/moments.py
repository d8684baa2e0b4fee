"""Where one event of a case is shown: the one address that all links to a moment use."""

from __future__ import annotations

import uuid
from typing import Any

from flask import url_for


def moment_url(case_id: uuid.UUID, seq: int | None) -> str:
    """The case as it was after the event (*xem lại diễn biến*); the case itself without a number."""
    if seq is None:
        return url_for("pages.case_page", case_id=case_id)
    at: dict[str, Any] = {"su-kien": seq}
    return url_for("pages.replay_page", case_id=case_id, **at)
