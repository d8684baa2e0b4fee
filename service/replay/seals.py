"""The two seals of a case: *nhật ký toàn vẹn* and *tính lại khớp*, as they come out at this very moment."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from service.audit.check import check_case
from service.audit.findings import Report, Trust
from service.audit.log_keys import stored_key
from service.audit.verifying import verify_case
from service.audit.witnessing import witness_key
from service.config import Settings
from service.replay.contents import altered_contents
from service.replay.history import read_history
from service.replay.reexecution import Recomputation, reexecute


@dataclass(frozen=True)
class Seals:
    """`stored`: where the rows that are worked with say otherwise than the log, a sentence each."""

    log: Report
    # Of the case itself, without those of who looked at it.
    events: int
    stored: list[str]
    replay: Recomputation

    @property
    def whole(self) -> bool:
        return not self.log.findings and not self.stored


def seals_of(case_id: uuid.UUID, settings: Settings) -> Seals:
    """Chain, tree, signatures and rows of one case, and every step computed anew. Nothing is written."""
    current = stored_key(settings.log_key_path)
    trust = Trust(witness=witness_key(settings), current=current.public if current else None)
    report = verify_case(case_id, trust)
    report.add(altered_contents(settings.files_dir, case_id))
    history = read_history(case_id)
    return Seals(report, len(history.events), check_case(case_id), reexecute(history))
