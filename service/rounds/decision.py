"""The Chairman's Decision on a round: given once, with an outcome for every case in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import BadInput, NotAllowed, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Viewer
from service.models import Role, RoundItem
from service.rounds.acts import DECISION, running_items, send_to_cases, store_act
from service.rounds.rows import DECIDED, SUBMITTED, bump, items_of, locked, require_sight
from service.rounds.set_aside import SET_ASIDE, record_set_aside
from service.rounds.standing import Standing
from service.rounds.standings import signed_standings
from service.rounds.told import GIVEN, queue_telling
from service.tasks.completion import Signature
from service.wording import _

OUTCOMES = ("recognise", "refuse", "return", SET_ASIDE)


def decide_round(
    *,
    round_id: uuid.UUID,
    outcomes: Mapping[uuid.UUID, tuple[str, str]],
    signature: Signature | None = None,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """The Chairman's Decision, once for the round: {case: (outcome, reason)} for every case in it.

    Outcomes: recognise, refuse, return (chuyển lại Sở), set_aside (left for a later round).
    """
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        require_sight(viewer)
        round_ = locked(session, round_id)
        seat = next(
            (s for s in viewer.seats if s.role == Role.CHAIRMAN and s.unit_id == round_.province_id), None
        )
        if seat is None:
            raise NotAllowed(_("Chỉ Chủ tịch hoặc Phó Chủ tịch UBND tỉnh quyết định."))
        if round_.state != SUBMITTED:
            raise WrongState(_("Đợt xét này không chờ quyết định."))
        items = running_items(session, round_id)
        # The Chairman decides on what the Tờ trình says of each case, as the page showed it.
        standings = signed_standings(session, round_)
        _check_outcomes(items, standings, _without_gone(session, round_id, outcomes))
        content: dict[str, Any] = {"cases": {}}
        for item in items:
            outcome, reason = outcomes[item.case_id]
            item.outcome, item.reason, item.live = outcome, reason.strip()[:2000], False
            content["cases"][str(item.case_id)] = {
                "outcome": outcome,
                "reason": item.reason,
                **standings[item.case_id].as_json(),
            }
        act_id = store_act(session, round_, DECISION, content, seat, by, signature, now)
        round_.state = DECIDED
        bump(session, round_)
        send_to_cases(
            session,
            act_id,
            [(item.case_id, item.outcome or "", item.reason) for item in items if item.outcome != SET_ASIDE],
            now,
        )
        left = [item for item in items if item.outcome == SET_ASIDE]
        record_set_aside(session, round_, left, viewer.actor(seat), now)
        queue_telling(session, round_, GIVEN, now)
    return act_id


def _check_outcomes(
    items: list[RoundItem],
    standings: Mapping[uuid.UUID, Standing],
    outcomes: Mapping[uuid.UUID, tuple[str, str]],
) -> None:
    fields: dict[str, list[str]] = {}
    for item in items:
        outcome, reason = outcomes.get(item.case_id, ("", ""))
        if outcome not in OUTCOMES:
            fields[f"outcomes.{item.case_id}"] = [_("Hãy chọn kết quả cho hồ sơ này.")]
            continue
        standing = standings[item.case_id]
        if outcome != "recognise" and not reason.strip():
            fields[f"outcomes.{item.case_id}"] = [_("Hãy ghi lý do.")]
        elif outcome == "recognise" and standing.eligible != "yes":
            fields.update(_against_condition(item, standing, reason))
    if unknown := set(outcomes) - {item.case_id for item in items}:
        fields["outcomes"] = [_("Có %(count)s hồ sơ không ở trong đợt này.", count=len(unknown))]
    if fields:
        raise BadInput(
            _("Chưa ký được Quyết định: còn %(count)s hồ sơ phải xem lại.", count=len(fields)), fields=fields
        )


def _against_condition(item: RoundItem, standing: Standing, reason: str) -> dict[str, list[str]]:
    """Điều 2 binds the Chairman too; only what the meeting left open is his to decide, with a reason."""
    if not standing.left_to_chairman:
        return {
            f"outcomes.{item.case_id}": [
                _(
                    "Không đủ điều kiện theo Điều 2 nên không công nhận được; chọn Không công nhận, Chuyển "
                    "lại Sở hoặc Để lại đợt sau."
                )
            ]
        }
    return (
        {}
        if reason.strip()
        else {f"outcomes.{item.case_id}": [_("Hồ sơ còn ý kiến khác nhau: hãy ghi lý do công nhận.")]}
    )


def _without_gone(
    session: Session, round_id: uuid.UUID, outcomes: Mapping[uuid.UUID, tuple[str, str]]
) -> dict[uuid.UUID, tuple[str, str]]:
    """A case that left while the Chairman was choosing is no mistake of the Chairman's."""
    gone = {item.case_id for item in items_of(session, round_id) if item.case.status == "finished"}
    return {case_id: choice for case_id, choice in outcomes.items() if case_id not in gone}
