"""Scenes of retention: periods, holds, lists, their carrying out, transfers (see tests.faults.commands)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from service.retention import carrying_out, holds, lists, periods, transfers
from service.retention.gathering import Target
from tests.builders import NOON, case_of, person
from tests.integration.retention.scenes import (
    DECIDER,
    KEEPER,
    LATER,
    an_ended_case,
    approved,
    proposed,
    ten_years_for,
)
from tests.integration.service.scenes import give_seat, position_of

Act = Callable[[], object]
Scene = Callable[[], Act]
PERIOD = periods.Period("submission", None, "year_end", 1, "Luật Lưu trữ", confirmed=True)
IN_2024 = NOON + timedelta(days=100)


def _holding() -> uuid.UUID:
    return holds.set_hold(held=holds.Held(year=2023), reason="Thử", legal_basis="Thử", by=None, now=NOON)


def _an_approved_list() -> uuid.UUID:
    ten_years_for()
    return approved(an_ended_case())


def _erasing() -> Act:
    ten_years_for()
    case_id = an_ended_case()
    return partial(carrying_out.erase_case, erasure_id=approved(case_id), case_id=case_id, now=LATER)


def _finishing() -> Act:
    erasure_id = _an_approved_list()
    holds.set_hold(held=holds.Held(), reason="Thử", legal_basis="Thử", by=None, now=LATER)
    for case_id in carrying_out._waiting(erasure_id):
        carrying_out.erase_case(erasure_id=erasure_id, case_id=case_id, now=LATER)
    return partial(carrying_out.finish, erasure_id=erasure_id, now=LATER)


def _proposing() -> Act:
    ten_years_for()
    return partial(proposed, an_ended_case())


def _deciding() -> Act:
    ten_years_for()
    return partial(
        lists.decide_erasure,
        erasure_id=proposed(an_ended_case()),
        approve=True,
        decision="Được",
        by=person(DECIDER, LATER),
        now=LATER,
    )


def _redacting() -> Act:
    case_id = an_ended_case()
    give_seat("so-tttt-chuyenvien", position_of(KEEPER))
    return partial(
        lists.propose_redaction,
        case_id=case_id,
        target=Target("private", seq=_last_of(case_id), name="reason"),
        reason="Thử",
        legal_basis="Thử",
        by=person("so-tttt-chuyenvien", LATER),
        now=LATER,
    )


def _last_of(case_id: uuid.UUID) -> int:
    return int(case_of(case_id).rev)


def _transferring() -> Act:
    case_id = an_ended_case()
    periods.set_period(period=PERIOD, valid_from=date(2023, 1, 1), by=None, now=NOON)
    receipt = transfers.ArchiveReceipt("Lưu trữ tỉnh", "01/BB", IN_2024.date(), "Người nhận")
    return partial(
        transfers.record_transfer,
        case_ids=[case_id],
        receipt=receipt,
        by=person(KEEPER, IN_2024),
        now=IN_2024,
    )


RETENTION_ATOMIC: dict[str, Scene] = {
    "retention.periods.set_period": lambda: partial(
        periods.set_period, period=PERIOD, valid_from=date(2023, 1, 1), by=None, now=NOON
    ),
    "retention.periods.import_suggested": lambda: partial(periods.import_suggested, by=None, now=NOON),
    "retention.holds.set_hold": lambda: _holding,
    "retention.holds.lift_hold": lambda: partial(
        holds.lift_hold, hold_id=_holding(), reason="Thử", by=None, now=NOON
    ),
    "retention.lists.propose_erasure": _proposing,
    "retention.lists.propose_redaction": _redacting,
    "retention.lists.decide_erasure": _deciding,
    "retention.carrying_out.erase_case": _erasing,
    "retention.carrying_out.finish": _finishing,
    "retention.transfers.record_transfer": _transferring,
}
RETENTION_STAGED: dict[str, Scene] = {
    "retention.carrying_out.carry_out": lambda: (
        _an_approved_list(),
        partial(carrying_out.carry_out, Path(mkdtemp()), LATER),
    )[1],
}
