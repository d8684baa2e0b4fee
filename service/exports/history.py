"""A case's history as a paper: what it consists of, in Vietnamese, whatever draws it (see `pdf`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.cases.levels import criteria_at_all_levels
from service.clock import LOCAL
from service.exports.gathering import CaseRecord, FileRecord
from service.exports.people import NOTICE, WHOLE
from service.models import Document
from service.wording import recorded

VERDICTS: Mapping[str, str] = {
    "met": recorded("Đạt"),
    "not_met": recorded("Chưa đạt"),
    "undecided": recorded("Chưa kết luận"),
    "missing": recorded("Thiếu số liệu"),
    "not_applicable": recorded("Không áp dụng"),
    "not_assessed": recorded("Không đánh giá"),
}
STATUS = {"open": recorded("Đang xử lý"), "stuck": recorded("Dừng bất thường")}
NOTHING = recorded("Không có.")


@dataclass(frozen=True)
class Standing:
    """Up to where the log goes that is told: the checkpoint that covers the case, where there is one."""

    exporter: str
    at: datetime | None = None
    size: int | None = None
    root: str = ""
    witnessed: bool = False


@dataclass(frozen=True)
class Item:
    """A line with what stands below it."""

    text: str
    small: str = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    title: str
    code: str
    notice: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, tuple[Item, ...]], ...]


def history(record: CaseRecord, standing: Standing) -> History:
    """The whole history of a case, section by section."""
    tell: tuple[tuple[str, Callable[[CaseRecord], Iterator[Item]]], ...] = (
        (recorded("Quá trình xử lý"), _course),
        (recorded("Quyết định tại các cổng và quy tắc"), _decisions),
        (recorded("Kết quả của các cấp"), _levels),
        (recorded("Văn bản"), _documents),
        (recorded("Tệp minh chứng"), _files),
    )
    sections = [(name, tuple(items(record)) or (Item(NOTHING),)) for name, items in tell]
    return History(
        title=recorded("LỊCH SỬ XỬ LÝ HỒ SƠ"),
        code=record.case.code,
        notice=NOTICE if record.minimised else WHOLE,
        facts=tuple(_facts(record, standing)),
        sections=tuple(sections),
    )


def _facts(record: CaseRecord, standing: Standing) -> Iterator[tuple[str, str]]:
    case, procedure, events = record.case, record.procedure, record.events
    yield recorded("Mã hồ sơ"), case.code
    yield recorded("Đơn vị"), record.unit_name(str(case.commune_id))
    yield recorded("Năm đánh giá"), str(case.year)
    yield recorded("Quy trình"), recorded(f"{procedure.name}, phiên bản {procedure.version}")
    yield recorded("Mã băm quy trình"), procedure.content_hash
    outcome = procedure.element_name(case.outcome) if case.outcome else STATUS.get(case.status, case.status)
    yield recorded("Tình trạng"), outcome
    yield recorded("Người xuất"), standing.exporter
    yield recorded("Số sự kiện"), str(len(events))
    yield recorded("Mã băm sự kiện cuối"), events[-1].hash if events else "–"
    if standing.size is None or standing.at is None:
        yield (
            recorded("Điểm kiểm"),
            recorded("Chưa có điểm kiểm nào bao gồm sự kiện cuối khi xuất; hãy xuất lại sau vài giây."),
        )
        return
    yield recorded("Tính đến lúc"), _moment(standing.at)
    signed = recorded("nhân chứng đã ký") if standing.witnessed else recorded("chưa có nhân chứng ký")
    yield recorded("Điểm kiểm"), recorded(f"cỡ {standing.size}, gốc {standing.root}, {signed}")


def _course(record: CaseRecord) -> Iterator[Item]:
    hashes = {event.seq: event.hash for event in record.events}
    for entry in record.course:
        small = recorded(f"{entry.actor} · {_moment(entry.at)}\nMã băm {hashes[entry.seq]}")
        yield Item(f"{entry.seq}. {entry.sentence}", small, entry.details)


def _decisions(record: CaseRecord) -> Iterator[Item]:
    name = record.procedure.element_name
    for event in record.events:
        for one in record.decisions(event):
            chosen = f"{name(one['chosen'])} ({one['chosen']})" if one["kind"] == "gateway" else _result(one)
            yield Item(
                recorded(f"Sự kiện {event.seq}, “{name(one['element'])}”: {chosen}"),
                recorded(f"Biểu thức: {one['expression']}"),
                (one["explanation"],),
            )


def _result(rule: Mapping[str, Any]) -> str:
    found = {True: recorded("đúng"), False: recorded("sai")}.get(rule["result"], rule["result"])
    return f"{rule['chosen']} = {found}"


def _levels(record: CaseRecord) -> Iterator[Item]:
    """What each level found; without people's words the verdicts alone."""
    for row in criteria_at_all_levels(record.case, hide=record.hide):
        below = []
        for element, value in row.values.items():
            verdict = VERDICTS.get(value.verdict, value.verdict)
            former = "" if value.current else recorded(" (không còn hiệu lực)")
            raw = f" – {value.raw}" if value.raw and not record.minimised else ""
            below.append(f"{record.procedure.element_name(element)}: {verdict}{raw}{former}")
        if below:
            criterion = row.criterion
            yield Item(f"{criterion.id}. {criterion.name}", recorded(f"Mục tiêu: {row.target}"), tuple(below))


def _documents(record: CaseRecord) -> Iterator[Item]:
    for document in record.documents:
        yield Item(_named(document), _signed(document, minimised=record.minimised), tuple(_copy(document)))


def _named(document: Document) -> str:
    if not document.number:
        return recorded(f"{document.title} (chưa cấp số)")
    day = f"{document.issued_on:%d/%m/%Y}" if document.issued_on else recorded("chưa ghi ngày")
    return recorded(f"{document.title}, số {document.number}, ngày {day}")


def _signed(document: Document, *, minimised: bool) -> str:
    signer = " ".join(one for one in (document.capacity, document.signer_title) if one)
    if not minimised:
        signer = f"{signer}, {document.signer_name}"
    return recorded(f"Ký: {signer}, {_moment(document.signed_at)}")


def _copy(document: Document) -> Iterator[str]:
    if document.file_sha256:
        yield recorded(f"Bản đã ký: SHA-256 {document.file_sha256}")


def _files(record: CaseRecord) -> Iterator[Item]:
    replaced = {file.replaces for file in record.files}
    for number, file in enumerate(record.files, 1):
        former = recorded(" – đã có bản thay") if file.id in replaced else ""
        yield Item(f"{number}. {_called(file)}{former}", f"SHA-256 {file.sha256}")


def _called(file: FileRecord) -> str:
    criteria = ", ".join(file.criteria)
    about = recorded(f"chỉ tiêu {criteria}") if criteria else recorded("cả hồ sơ")
    name = file.name or file.media_type
    return recorded(f"{name} ({about}; {file.size} byte)")


def _moment(instant: datetime) -> str:
    return recorded(f"{instant.astimezone(LOCAL):%H:%M:%S ngày %d/%m/%Y}")
