"""Lists of what is to be destroyed: proposed by a keeper, decided by another. Nothing is erased here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select

from service.administration.typed import refused, text
from service.audit.erased import PERIOD, REDACTION
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import db, transaction
from service.errors import NotAllowed, NotFound, WrongState
from service.identity.queries import load_viewer, names_of, visible_cases
from service.identity.viewer import Seat, Viewer
from service.models import Case, Erasure, ErasureCase, ErasureState, RecordKind, Unit
from service.retention.due import due_for_erasure
from service.retention.gathering import Target, redacted
from service.retention.holds import await_turn, is_held
from service.retention.periods import period_text, rules_on
from service.retention.rights import required_decider, required_keeper
from service.wording import _

LONGEST = 600
_KIND_OF = {
    "submission": RecordKind.SUBMISSION,
    "private": RecordKind.PRIVATE,
    "evidence": RecordKind.EVIDENCE,
}


def propose_erasure(*, case_ids: Iterable[uuid.UUID], reason: str, by: Viewer, now: datetime) -> uuid.UUID:
    """Put cases that are due on a list for decision, with all of their kinds that are.

    Raises NotAllowed, BadInput, WrongState where none of them is due (any more): one under a hold never is.
    """
    reason = text(reason, "reason", _("lý do"), LONGEST)
    wanted = set(case_ids)
    with transaction() as session:
        viewer, seat = _keeper(by, now)
        await_turn(session.connection())
        due = [one for one in due_for_erasure(now) if one.id in wanted]
        if len(due) != len(wanted) or not due:
            raise WrongState(
                _(
                    "Có hồ sơ không còn trong danh mục đến hạn hủy (đã lập danh mục khác, hoặc đang tạm "
                    "dừng hủy)."
                )
                if wanted
                else _("Hãy chọn ít nhất một hồ sơ.")
            )
        erasure = _new(PERIOD, reason, {}, viewer, seat, now)
        session.add(erasure)
        session.flush()
        rules = rules_on(local_day(now))
        for one in due:
            for kind, day in one.kinds.items():
                basis = f"{period_text(rules[kind])}: {rules[kind].legal_basis}"
                session.add(
                    ErasureCase(
                        erasure_id=erasure.id, case_id=one.id, kind=kind, legal_basis=basis, due_on=day
                    )
                )
        _record(erasure, "erasure_proposed", [one.code for one in due], viewer, seat, now)
        return erasure.id


def propose_redaction(
    *,
    case_id: uuid.UUID,
    target: Target,
    reason: str,
    legal_basis: str,
    by: Viewer,
    now: datetime,
) -> uuid.UUID:
    """Ask for one field, part or file of a case to be left out.

    Raises NotFound (also of a case that the keeper does not see), NotAllowed, BadInput, WrongState (a hold; a
    field of a case that still runs).
    """
    reason = text(reason, "reason", _("lý do"), LONGEST)
    legal_basis = text(legal_basis, "legal_basis", _("căn cứ (số, ngày văn bản)"), LONGEST)
    with transaction() as session:
        viewer, seat = _keeper(by, now)
        connection = session.connection()
        await_turn(connection)
        case = session.execute(
            select(Case.id, Case.code, Case.status, is_held().label("held")).where(
                Case.id == case_id, visible_cases(viewer)
            )
        ).one_or_none()
        if case is None or target.what not in _KIND_OF:
            raise NotFound()
        if case.held:
            raise WrongState(_("Hồ sơ đang tạm dừng hủy; hãy bỏ tạm dừng trước."))
        if target.what == "submission" and case.status != "finished":
            raise WrongState(_("Hồ sơ chưa kết thúc: các bước sau còn dùng nội dung đã nộp."))
        if not redacted(connection, case_id, target):
            raise refused("target", _("Mục này không còn, hoặc không có chữ nào để lược bỏ."))
        erasure = _new(REDACTION, reason, asdict(target), viewer, seat, now)
        session.add(erasure)
        session.flush()
        session.add(
            ErasureCase(
                erasure_id=erasure.id,
                case_id=case_id,
                kind=_KIND_OF[target.what].value,
                legal_basis=legal_basis,
                due_on=None,
            )
        )
        _record(erasure, "redaction_proposed", [case.code], viewer, seat, now)
        return erasure.id


def _keeper(by: Viewer, now: datetime) -> tuple[Viewer, Seat]:
    viewer = load_viewer(by.id, now, db.session.connection())
    return viewer, required_keeper(viewer)


def _new(
    why: str, reason: str, target: Mapping[str, object], viewer: Viewer, seat: Seat, now: datetime
) -> Erasure:
    return Erasure(
        id=uuid.uuid4(),
        why=why,
        reason=reason,
        target=dict(target),
        state=ErasureState.PROPOSED.value,
        proposed_at=now,
        proposed_by=viewer.id,
        proposed_for=seat.unit_id,
    )


def _record(
    erasure: Erasure,
    kind: str,
    codes: Sequence[str],
    viewer: Viewer,
    seat: Seat,
    now: datetime,
) -> None:
    data = {"erasure": str(erasure.id), "reason": erasure.reason, "cases": list(codes)}
    record_administration(db.session.connection(), kind, data, by=viewer.actor(seat), at=now)


def decide_erasure(*, erasure_id: uuid.UUID, approve: bool, decision: str, by: Viewer, now: datetime) -> None:
    """Approve or refuse. Raises NotFound, BadInput without words, WrongState once decided.

    Raises NotAllowed to whoever proposed it, and to whoever acts in that person's place.
    """
    decision = text(decision, "decision", _("ý kiến hoặc số văn bản quyết định"), LONGEST)
    with transaction() as session:
        viewer = load_viewer(by.id, now, session.connection())
        seat = required_decider(viewer)
        await_turn(session.connection())
        erasure = session.get(Erasure, erasure_id, populate_existing=True)
        if erasure is None:
            raise NotFound()
        if erasure.state != ErasureState.PROPOSED.value:
            raise WrongState(_("Danh mục này đã được quyết định."))
        if erasure.proposed_by in (viewer.id, seat.substitutes):
            raise NotAllowed(_("Người đề nghị không được tự duyệt; phải là người khác."))
        erasure.state = (ErasureState.APPROVED if approve else ErasureState.REFUSED).value
        erasure.decided_at, erasure.decided_by, erasure.decided_for = now, viewer.id, seat.unit_id
        erasure.decision = decision
        data = {"erasure": str(erasure_id), "approved": approve, "decision": decision}
        record_administration(session.connection(), "erasure_decided", data, by=viewer.actor(seat), at=now)


@dataclass(frozen=True)
class ListLine:
    """A list in short; `cases` by state of its lines."""

    erasure: Erasure
    proposer: str
    proposing_unit: str
    decider: str
    cases: int


def lists(*, most: int = 100) -> Sequence[ListLine]:
    """Those that wait for a decision or are being carried out first, then the newest."""
    order = [ErasureState.PROPOSED.value, ErasureState.APPROVED.value]
    rows = db.session.execute(
        select(Erasure, Unit.name)
        .outerjoin(Unit, Unit.id == Erasure.proposed_for)
        .order_by(Erasure.state.not_in(order), Erasure.proposed_at.desc())
        .limit(most)
    ).all()
    counts = dict(
        db.session.execute(
            select(ErasureCase.erasure_id, func.count(ErasureCase.case_id.distinct()))
            .where(ErasureCase.erasure_id.in_([row.Erasure.id for row in rows]))
            .group_by(ErasureCase.erasure_id)
        ).all()
    )
    people = {row.Erasure.proposed_by for row in rows} | {row.Erasure.decided_by for row in rows}
    names = names_of({one for one in people if one})
    return [
        ListLine(
            row.Erasure,
            names.get(row.Erasure.proposed_by, ""),
            row.name or "",
            names.get(row.Erasure.decided_by, ""),
            counts.get(row.Erasure.id, 0),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ListedCase:
    line: ErasureCase
    code: str
    commune: str
    year: int
    held: bool


def read_list(erasure_id: uuid.UUID) -> tuple[ListLine, Sequence[ListedCase]]:
    """Raises NotFound."""
    found = next((one for one in lists(most=10_000) if one.erasure.id == erasure_id), None)
    if found is None:
        raise NotFound()
    rows = db.session.execute(
        select(ErasureCase, Case.code, Case.year, Unit.name, is_held().label("held"))
        .join(Case, Case.id == ErasureCase.case_id)
        .join(Unit, Unit.id == Case.commune_id)
        .where(ErasureCase.erasure_id == erasure_id)
        .order_by(Case.code, ErasureCase.kind)
    )
    return found, [ListedCase(row.ErasureCase, row.code, row.name, row.year, row.held) for row in rows]
