"""*Nộp lưu*: which dossiers go to the archive, and its receipt for those that went. Nothing is erased."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from service.administration.typed import refused, text
from service.audit.erased import KIND_NAMES
from service.audit.operations import record_administration
from service.clock import local_day
from service.database import db, transaction
from service.errors import WrongState
from service.identity.viewer import Viewer
from service.models import (
    ArchiveTransfer,
    Case,
    Document,
    EvidenceFile,
    RecordKind,
    RetentionRule,
    TransferredCase,
)
from service.questions.answers import Answer, Line
from service.retention.due import DueCase, DueTransfer, due_for_transfer
from service.retention.holds import await_turn
from service.retention.periods import period_text, rules_on
from service.retention.rights import as_keeper
from service.wording import _


@dataclass(frozen=True)
class ArchiveReceipt:
    """What the archive's paper says: whose it is, its number and date, who received."""

    archive: str
    number: str
    received_on: date
    receiver: str
    note: str = ""


def record_transfer(
    *, case_ids: Iterable[uuid.UUID], receipt: ArchiveReceipt, by: Viewer | None, now: datetime
) -> uuid.UUID:
    """These dossiers are with the archive. Raises NotAllowed, BadInput, WrongState where one is not due."""
    archive = text(receipt.archive, "archive", _("tên cơ quan lưu trữ"), 300)
    number = text(receipt.number, "number", _("số biên bản giao nhận"), 100)
    receiver = text(receipt.receiver, "receiver", _("người nhận"), 200)
    if receipt.received_on > local_day(now):
        raise refused("received_on", _("Ngày giao nhận không thể ở sau hôm nay."))
    wanted = set(case_ids)
    if not wanted:
        raise WrongState(_("Hãy chọn ít nhất một hồ sơ."))
    with transaction() as session:
        actor = as_keeper(session.connection(), by, now)
        await_turn(session.connection())
        due = {one.id: one.code for one in due_for_transfer(now) if one.id in wanted}
        if due.keys() != wanted:
            raise WrongState(_("Có hồ sơ đã nộp lưu hoặc chưa đến hạn; hãy tải lại danh mục."))
        transfer = ArchiveTransfer(
            id=uuid.uuid4(),
            archive=archive,
            receipt_number=number,
            received_on=receipt.received_on,
            receiver=receiver,
            note=receipt.note.strip()[:2000],
            recorded_at=now,
            recorded_by=actor.user_id,
        )
        session.add(transfer)
        session.flush()
        rows = session.execute(select(Case.id, Case.rev).where(Case.id.in_(wanted)))
        revs = {row.id: row.rev for row in rows}
        for case_id in sorted(wanted):
            session.add(TransferredCase(transfer_id=transfer.id, case_id=case_id, rev=revs[case_id]))
        data = {
            "transfer": str(transfer.id),
            "cases": sorted(due.values()),
            "archive": archive,
            "receipt_number": number,
            "received_on": receipt.received_on.isoformat(),
        }
        record_administration(session.connection(), "archive_transfer_recorded", data, by=actor, at=now)
        return transfer.id


@dataclass(frozen=True)
class TransferLine:
    transfer: ArchiveTransfer
    codes: Sequence[str]


def list_transfers() -> Sequence[TransferLine]:
    """The newest first."""
    transfers = db.session.scalars(select(ArchiveTransfer).order_by(ArchiveTransfer.recorded_at.desc())).all()
    codes: dict[uuid.UUID, list[str]] = {}
    for transfer_id, code in db.session.execute(
        select(TransferredCase.transfer_id, Case.code)
        .join(Case, Case.id == TransferredCase.case_id)
        .order_by(Case.code)
    ):
        codes.setdefault(transfer_id, []).append(code)
    return [TransferLine(one, codes.get(one.id, ())) for one in transfers]


def transfer_list(due: Sequence[DueTransfer], now: datetime) -> Answer:
    """*Danh mục hồ sơ nộp lưu*, a line for each dossier."""
    rule = rules_on(local_day(now)).get(RecordKind.SUBMISSION.value)
    ids = [one.id for one in due]
    files = _counts(EvidenceFile.case_id, ids, EvidenceFile.erased_at.is_(None))
    papers = _counts(Document.case_id, ids, Document.file_sha256 != "")
    return Answer(
        (
            _("STT"),
            _("Số, ký hiệu hồ sơ"),
            _("Tiêu đề hồ sơ"),
            _("Ngày bắt đầu"),
            _("Ngày kết thúc"),
            _("Số tệp"),
            _("Thời hạn bảo quản"),
            _("Ghi chú"),
        ),
        [
            Line(
                (
                    str(number),
                    one.code,
                    _("Hồ sơ công nhận %(commune)s, năm %(year)s", commune=one.commune, year=one.year),
                    f"{one.opened_on:%d/%m/%Y}",
                    f"{one.ended_on:%d/%m/%Y}",
                    str(files.get(one.id, 0) + papers.get(one.id, 0)),
                    _period(rule),
                    _("hạn nộp %(day)s", day=f"{one.due_on:%d/%m/%Y}"),
                ),
                one.id,
            )
            for number, one in enumerate(due, start=1)
        ],
        len(due),
        _("%(count)s hồ sơ đến hạn nộp lưu.", count=len(due)),
    )


def _period(rule: RetentionRule | None) -> str:
    if rule is None:
        return ""
    said = period_text(rule)
    return said if rule.confirmed else _("%(said)s (chờ xác nhận)", said=said)


def _counts(of_case: Any, ids: Collection[uuid.UUID], which: ColumnElement[bool]) -> dict[uuid.UUID, int]:
    rows = db.session.execute(select(of_case, func.count()).where(of_case.in_(ids), which).group_by(of_case))
    return {row[0]: row[1] for row in rows}


def erasure_list(due: Sequence[DueCase]) -> Answer:
    """*Danh mục hết giá trị*, a line for each kind of record of each case."""
    lines = [
        (
            one.code,
            one.commune,
            str(one.year),
            f"{one.ended_on:%d/%m/%Y}",
            _(KIND_NAMES[kind]),
            f"{day:%d/%m/%Y}",
        )
        for one in due
        for kind, day in one.kinds.items()
    ]
    return Answer(
        (_("Mã hồ sơ"), _("Xã"), _("Năm"), _("Kết thúc"), _("Loại tài liệu"), _("Hết thời hạn từ")),
        [Line(cells) for cells in lines],
        len(lines),
        _("%(count)s hồ sơ có nội dung hết thời hạn bảo quản.", count=len(due)),
    )
