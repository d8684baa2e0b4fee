"""The Tờ trình of a round: prepared by an officer, signed once by Sở's leader for every case in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from service.database import transaction
from service.errors import BadInput, NotAllowed, WrongState
from service.identity.viewer import Seat, Viewer
from service.models import Role, Round
from service.rounds.acts import SUBMISSION, refuse_second_level, running_items, send_to_cases, store_act
from service.rounds.on_the_way import refuse_undelivered
from service.rounds.rows import GATHERING, SIGNING, SUBMITTED, bump, gathering, in_state, items_of, record
from service.rounds.standard_text import counts_of, is_standard, standard_text
from service.rounds.standing import Standing
from service.rounds.standings import drafted_standings
from service.rounds.told import REQUESTED, RETURNED, SIGNED, queue_telling
from service.tasks.completion import Signature
from service.wording import _

LONGEST_TEXT = 20_000


def save_proposal(*, round_id: uuid.UUID, text: str, seen_rev: int | None, by: Viewer, now: datetime) -> int:
    """Keep the text of the Tờ trình; returns the round's new rev. WrongState when somebody saved since."""
    with transaction() as session:
        round_, _seat = gathering(session, round_id, by, now)
        _take_text(round_, text, seen_rev)
        return bump(session, round_)


def restore_standard_text(*, round_id: uuid.UUID, seen_rev: int | None, by: Viewer, now: datetime) -> int:
    """*Lấy lại nội dung mẫu*: the standard text with the numbers of today instead of what is written."""
    with transaction() as session:
        round_, _seat = gathering(session, round_id, by, now)
        _take_text(round_, "", seen_rev)
        return bump(session, round_)


def _take_text(round_: Round, text: str, seen_rev: int | None) -> None:
    if len(text) > LONGEST_TEXT:
        raise BadInput(
            _("Nội dung dài quá %(longest_text)s ký tự.", longest_text=LONGEST_TEXT),
            fields={"text": [_("Nội dung quá dài.")]},
        )
    if seen_rev is not None and seen_rev != round_.rev:
        raise WrongState(_("Đợt xét vừa được người khác sửa. Hãy tải lại trang."))
    # Browsers send the ends of lines in their own way; the standard text must be known again.
    round_.draft = {**round_.draft, "text": text.replace("\r\n", "\n")}


def text_of(round_: Round, standings: Iterable[Standing]) -> str:
    """The text of the Tờ trình as it stands: while it is the standard one, with the numbers of these cases.

    Nothing written yet is the standard text too; without any case there is none.
    """
    found = list(standings)
    text = str(round_.draft.get("text", ""))
    if found and (not text.strip() or is_standard(text, round_.year)):
        return standard_text(round_.year, counts_of(found))
    return text


def submit_round_for_signature(
    *, round_id: uuid.UUID, text: str | None = None, seen_rev: int | None = None, by: Viewer, now: datetime
) -> None:
    """*Trình ký* the Tờ trình: from now on its list is fixed until signed or sent back.

    `text` is kept with it, or else what was saved before; if anything is refused nothing is.
    """
    with transaction() as session:
        round_, seat = gathering(session, round_id, by, now)
        if seat.role != Role.OFFICER:
            raise NotAllowed(_("Chuyên viên của Sở trình ký; lãnh đạo ký."))
        if text is not None:
            _take_text(round_, text, seen_rev)
        items = items_of(session, round_id)
        if not items:
            raise BadInput(_("Đợt chưa có hồ sơ nào."))
        if not str(round_.draft.get("text", "")).strip():
            raise BadInput(
                _("Hãy soạn nội dung Tờ trình."), fields={"text": [_("Hãy soạn nội dung Tờ trình.")]}
            )
        refuse_second_level(session, round_, seat, by)
        refuse_undelivered(session, round_id, [item.case_id for item in items])
        running = [item.case for item in items if item.case.status != "finished"]
        kept = text_of(round_, drafted_standings(round_, running).values())
        # What the leader gave it back for has been answered by handing it up again.
        draft = {key: value for key, value in round_.draft.items() if key != "returned"}
        round_.draft = {**draft, "text": kept}
        round_.state, round_.prepared_by = SIGNING, by.id
        bump(session, round_)
        queue_telling(session, round_, REQUESTED, now)
        record(session, "round_signature_requested", round_id, {}, seat, by, now)


def send_round_back(*, round_id: uuid.UUID, reason: str, by: Viewer, now: datetime) -> None:
    """The leader returns the draft Tờ trình to the officer."""
    if not reason.strip():
        raise BadInput(_("Hãy ghi lý do trả lại người soạn."), fields={"reason": [_("Hãy ghi lý do.")]})
    with transaction() as session:
        round_, seat = in_state(session, round_id, SIGNING, by, now)
        _require(seat, Role.LEADER)
        round_.state = GATHERING
        round_.draft = {**round_.draft, "returned": reason.strip()[:2000]}
        bump(session, round_)
        why = {"reason": reason.strip()[:2000].encode()}
        record(session, "round_returned_to_officer", round_id, {}, seat, by, now, why)
        queue_telling(session, round_, RETURNED, now)


def sign_submission(
    *,
    round_id: uuid.UUID,
    signature: Signature | None = None,
    seen_rev: int | None = None,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """Sở's leader signs the Tờ trình once; every case's own task is then completed by it.

    `seen_rev` is the round's rev that the leader was shown: WrongState when it is another by now.
    """
    with transaction() as session:
        round_, seat = in_state(session, round_id, SIGNING, by, now)
        _require(seat, Role.LEADER)
        if seen_rev is not None and seen_rev != round_.rev:
            raise WrongState(_("Tờ trình đã được sửa sau khi ông/bà mở trang. Hãy tải lại, xem rồi ký."))
        if round_.prepared_by == by.id:
            raise NotAllowed(_("Người soạn không tự ký; việc này phải do một lãnh đạo khác ký."))
        items = running_items(session, round_id)
        standings = drafted_standings(round_, [item.case for item in items])
        round_.draft = {**round_.draft, "text": text_of(round_, standings.values())}
        content: dict[str, Any] = {"text": round_.draft["text"], "cases": {}}
        for item in items:
            standing = standings[item.case_id]
            item.list = standing.list
            content["cases"][str(item.case_id)] = standing.as_json()
        act_id = store_act(session, round_, SUBMISSION, content, seat, by, signature, now)
        round_.state = SUBMITTED
        bump(session, round_)
        send_to_cases(session, act_id, [(item.case_id, "complete", "") for item in items], now)
        queue_telling(session, round_, SIGNED, now)
    return act_id


def _require(seat: Seat, role: Role) -> None:
    if seat.role != role:
        raise NotAllowed(_("Chỉ lãnh đạo Sở ký Tờ trình."))
