"""What was decided within minutes: from when a step came, or was handed up, to the signature."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import ColumnElement, select

from service.database import db, table_of
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Event, RoundAct, RoundItem, Submission, Task
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.bodies import known, raw, stream_name
from service.questions.kinds import moment
from service.questions.scope import CaseFacts, case_facts, is_in_span, only_of_cases
from service.wording import _, marked

COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Bước"),
    marked("Người ký"),
    marked("Có để xem từ"),
    marked("Ký lúc"),
    marked("Số phút"),
    marked("Tính từ"),
)


@dataclass(frozen=True)
class Hurried:
    case: CaseFacts
    step: str
    signer: uuid.UUID
    since: datetime
    signed_at: datetime
    seq: int | None
    counted_from: str

    @property
    def minutes(self) -> int:
        """Whole minutes that went by."""
        return int((self.signed_at - self.since).total_seconds() // 60)


def hurried(viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE) -> Answer:
    """The quickest first; a signer who took no more than `asked.minutes` from having it before them."""
    cases = case_facts(viewer, asked)
    found = [
        one
        for one in [
            *_signed(cases, *only_of_cases(table_of(Task).c.case_id, viewer, asked)),
            *_decided_in_rounds(cases),
        ]
        if timedelta() <= one.signed_at - one.since <= timedelta(minutes=asked.minutes)
        and is_in_span(asked, one.signed_at)
    ]
    page, following = page_of(
        found, lambda one: (one.minutes, one.case.code, one.seq or 0, one.step), cursor, size
    )
    names = names_of({one.signer for one in page})
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=[
            Line(
                (
                    f"{one.case.commune}, {one.case.code}",
                    one.step,
                    names.get(one.signer, ""),
                    moment(one.since),
                    moment(one.signed_at),
                    str(one.minutes),
                    one.counted_from,
                ),
                one.case.id,
                one.seq,
            )
            for one in page
        ],
        total=len(found),
        summary=_(
            "%(acts)s lần ký trong vòng %(minutes)s phút, ở %(cases)s hồ sơ.",
            acts=len(found),
            minutes=asked.minutes,
            cases=len({one.case.id for one in found}),
        )
        if found
        else _("Không có lần ký nào trong vòng %(minutes)s phút.", minutes=asked.minutes),
        next_cursor=following,
    )


def _signed(cases: dict[str, CaseFacts], *narrowed: ColumnElement[bool]) -> list[Hurried]:
    """Acts of a case's own; where an officer hands up, the leader has it from the last handing up."""
    handed = _handed_up(cases)
    task, submission = table_of(Task).c, table_of(Submission).c
    rows = db.session.execute(
        select(
            raw(task.case_id).label("case_id"),
            task.ref,
            task.name,
            task.received_at,
            submission.seq,
            raw(submission.signed_by).label("signed_by"),
            submission.signed_at,
            raw(submission.prepared_by).label("prepared_by"),
        )
        .select_from(table_of(Task).join(table_of(Submission), submission.task_id == task.id))
        .where(~task.completed_by_round, *narrowed)
    )
    found = []
    for row in rows:
        stream = stream_name(row.case_id)
        if stream not in cases:
            continue
        since = handed.get((stream, row.ref)) if row.prepared_by is not None else None
        found.append(
            Hurried(
                cases[stream],
                row.name,
                known(row.signed_by),
                since or row.received_at,
                row.signed_at,
                row.seq,
                _("khi trình ký") if since else _("khi hồ sơ đến bước"),
            )
        )
    return found


def _handed_up(cases: dict[str, CaseFacts]) -> dict[tuple[str, str], datetime]:
    """{(stream, task): when it was last handed up}."""
    event = table_of(Event).c
    rows = db.session.execute(
        select(event.stream_id, event.body, event.recorded_at)
        .where(event.stream == "case", event.type == "signature_requested")
        .order_by(event.seq)
    )
    return {
        (row.stream_id, orjson.loads(row.body)["data"]["task"]): row.recorded_at
        for row in rows
        if row.stream_id in cases
    }


def _decided_in_rounds(cases: dict[str, CaseFacts]) -> list[Hurried]:
    """The Chairman has all cases of a round before him from the Tờ trình's signature."""
    acts = db.session.execute(
        select(RoundAct.id, RoundAct.round_id, RoundAct.kind, RoundAct.signed_by, RoundAct.signed_at)
    ).all()
    proposed = {act.round_id: act.signed_at for act in acts if act.kind == "submission"}
    decided = {act.round_id: act for act in acts if act.kind == "decision" and act.round_id in proposed}
    if not decided:
        return []
    rows = db.session.execute(
        select(RoundItem.case_id, RoundItem.round_id, Submission.seq)
        .outerjoin(
            Submission, (Submission.case_id == RoundItem.case_id) & (Submission.element == "chairman_decide")
        )
        .where(
            RoundItem.outcome.is_not(None), RoundItem.round_id.in_(sorted(decided, key=lambda one: one.hex))
        )
        .order_by(RoundItem.case_id, RoundItem.round_id, Submission.seq)
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], Hurried] = {}
    for row in rows:
        case, act = cases.get(str(row.case_id)), decided[row.round_id]
        if case is not None:
            found[row.case_id, row.round_id] = Hurried(
                case,
                _("Quyết định của Chủ tịch UBND tỉnh"),
                act.signed_by,
                proposed[row.round_id],
                act.signed_at,
                row.seq,
                _("khi ký Tờ trình của đợt"),
            )
    return list(found.values())
