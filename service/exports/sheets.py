"""CSV: a row per event of the log, for whoever reads with a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from service.calendars.tables import write_csv
from service.exports.gathering import CaseRecord, LoggedEvent
from service.exports.happenings import happenings
from service.wording import recorded

HEADINGS = (
    recorded("Mã hồ sơ"),
    recorded("Năm"),
    recorded("Đơn vị"),
    recorded("Quy trình"),
    recorded("Phiên bản"),
    recorded("Số sự kiện"),
    recorded("Thời điểm (UTC)"),
    recorded("Loại sự kiện"),
    recorded("Bước"),
    recorded("Công việc"),
    recorded("Thao tác"),
    recorded("Nội dung"),
    recorded("Người thực hiện"),
    recorded("Chức vụ"),
    recorded("Thay cho"),
    recorded("Nhóm"),
    recorded("Đơn vị xử lý"),
    recorded("Mở công việc"),
    recorded("Thu hồi công việc"),
    recorded("Quyết định tại cổng"),
    recorded("Mã băm sự kiện"),
    recorded("Mã băm quy trình"),
    recorded("Đã lược dữ liệu cá nhân"),
)


def write_sheet(target: BinaryIO, records: Iterable[CaseRecord], *, minimised: bool) -> None:
    """Write UTF-8 with a byte order mark; no cell begins a formula."""
    left_out = recorded("có") if minimised else recorded("không")
    rows = ((*row, left_out) for record in records for row in _rows(record))
    target.write(write_csv(HEADINGS, rows))


def _rows(record: CaseRecord) -> Iterator[tuple[str, ...]]:
    case, procedure, people = record.case, record.procedure, record.people
    same = (
        case.code,
        str(case.year),
        record.unit_name(str(case.commune_id)),
        procedure.name,
        str(procedure.version),
    )
    own = {one.event.seq: one for one in happenings(record.events, procedure.element_name) if one.part == 0}
    told = {entry.seq: entry.sentence for entry in record.course}
    for event in record.events:
        happening, actor = own[event.seq], event.body["actor"]
        yield (
            *same,
            str(event.seq),
            event.body["at"],
            event.body["type"],
            happening.element,
            happening.task,
            str(event.data.get("action", "")),
            told.get(event.seq, ""),
            people.called(actor["id"]),
            people.role(actor["id"]),
            people.called(actor["acting_for"]) if actor["acting_for"] else "",
            happening.group,
            record.unit_name(happening.unit),
            "; ".join(one["ref"] for one in event.data.get("opened", ())),
            "; ".join(event.data.get("withdrawn", ())),
            _decided(record, event),
            event.hash,
            event.body["versions"].get("process", ""),
        )


def _decided(record: CaseRecord, event: LoggedEvent) -> str:
    """Each decision with its expression and what it came to."""
    return "; ".join(
        f"{record.procedure.element_name(one['element'])}: {one['explanation']}"
        for one in record.decisions(event)
    )
