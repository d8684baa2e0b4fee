"""What the pages of administration share: who enters, the tabs, how files come in and forms come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from service.administration.history import loaded_at
from service.administration.quota_files import as_csv
from service.administration.rights import (
    administrator_seat,
    assignments_seat,
    may_read_all,
)
from service.administration.sentences import GROUPS
from service.administration.typed import refused
from service.calendars.tables import LARGEST_FILE
from service.errors import BadInput, DomainError, NotFound, NotLoggedIn, Unavailable
from service.http.access import current_viewer
from service.identity.viewer import Viewer
from service.models import Role
from service.retention.rights import may_read_retention
from service.wording import marked

ADMINISTRATOR, AUDITOR = f"role:{Role.ADMINISTRATOR}", f"role:{Role.AUDITOR}"
LEADER, CHAIRMAN = f"role:{Role.LEADER}", f"role:{Role.CHAIRMAN}"
CLERK = f"role:{Role.CLERK}"


@dataclass(frozen=True)
class Section:
    """A tab: its endpoint, its name, what is behind it in a sentence."""

    endpoint: str
    name: str
    about: str


SUBSTITUTIONS = Section(
    "substitution_list",
    marked("Xử lý thay"),
    marked("Ai vắng mặt, ai xử lý thay, từ ngày nào đến ngày nào, theo văn bản nào."),
)
OF_ADMINISTRATORS = (
    Section(
        "unit_list",
        marked("Đơn vị"),
        marked("Đơn vị, các vị trí của đơn vị, ai đang giữ từ khi nào; kiện toàn."),
    ),
    Section(
        "person_list",
        marked("Người dùng"),
        marked("Tài khoản: tạo, khóa, mở lại, đặt lại mật khẩu; các vị trí đang giữ."),
    ),
    Section(
        "procedure_departments",
        marked("Sở phụ trách"),
        marked("Sở nào thẩm tra và trình trong từng quy trình, từ ngày nào."),
    ),
)
OF_ASSIGNMENTS = (
    Section(
        "quota_list",
        marked("Chỉ tiêu được giao"),
        marked("Danh sách xã phải hoàn thành từng năm (QĐ 969), nhập từ tệp."),
    ),
    Section(
        "member_list",
        marked("Thành viên phụ trách"),
        marked("Thành viên Ban Chỉ đạo tỉnh phụ trách từng huyện."),
    ),
    Section(
        "index_set_list",
        marked("Bộ chỉ số"),
        marked("Các bộ chỉ số xếp hạng, tổng điểm tối đa và văn bản ban hành."),
    ),
)
OF_TIME = (
    Section(
        "deadline_page",
        marked("Thời hạn"),
        marked("Thời hạn các bước theo năm, huyện và bước, theo đúng câu chữ của văn bản; nhập từ tệp."),
    ),
    Section(
        "calendar_page",
        marked("Lịch"),
        marked("Ngày lễ, ngày làm bù và quyết định riêng của tỉnh về ngày làm việc."),
    ),
)
ROUNDS = Section(
    "round_overview", marked("Đợt xét"), marked("Các đợt xét công nhận, tình trạng, ai đã làm gì.")
)
RETENTION = Section(
    "retention",
    marked("Lưu trữ"),
    marked("Thời hạn bảo quản, tạm dừng hủy, danh mục hết giá trị và nộp lưu, duyệt hủy."),
)
HISTORY = Section(
    "administration_log", marked("Nhật ký"), marked("Ai đã đổi gì, lúc nào: mọi thay đổi về quản trị.")
)


def sections() -> list[Section]:
    """The tabs that this person has."""
    viewer = current_viewer()
    found = [SUBSTITUTIONS]
    if may_read_all(viewer):
        found += OF_ADMINISTRATORS
    if reads_assignments(viewer):
        found += OF_ASSIGNMENTS
    found += OF_TIME
    if reads_assignments(viewer):
        found.append(ROUNDS)
    if may_read_retention(viewer):
        found.append(RETENTION)
    if may_read_all(viewer):
        found.append(HISTORY)
    return found


def sections_beside() -> list[Section]:
    """The tabs above a page that others read too (calendar, deadlines): none for those without the room."""
    viewer = current_viewer()
    return sections() if may_read_all(viewer) or reads_assignments(viewer) else []


def reads_assignments(viewer: Viewer) -> bool:
    return may_read_all(viewer) or assignments_seat(viewer) is not None


def must_read_assignments() -> None:
    """Raises NotFound for a leader of some other kind of unit, whom the policy lets this far."""
    if not reads_assignments(current_viewer()):
        raise NotFound()


def group_number(name: str) -> int:
    """Under which number the log filters by this group of changes."""
    return list(GROUPS).index(name)


def is_administrator() -> bool:
    return administrator_seat(current_viewer()) is not None


def keeps_assignments() -> bool:
    return assignments_seat(current_viewer()) is not None


def page(template: str, error: DomainError | None = None, **content: Any) -> str:
    """A page of the room; `errors` are those of its form, `typed` what was sent."""
    return render_template(
        f"administration/{template}",
        sections=sections(),
        error=error,
        errors=error.fields if isinstance(error, BadInput) else {},
        typed=request.form,
        loaded_at=loaded_at,
        **content,
    )


def tried(act: Callable[[], Any], again: Callable[[DomainError], str]) -> Any:
    """None once `act` is done; the page `again` with its error where it was refused, nothing typed lost."""
    try:
        act()
    except (NotFound, NotLoggedIn, Unavailable):
        raise
    except DomainError as error:
        return again(error), error.status
    return None


def sent(name: str) -> str:
    """A field of the form, at most as long as any of them may be."""
    return request.form.get(name, "")[:2000]


def asked(name: str) -> str:
    """A part of the address."""
    return request.args.get(name, "")[:200]


def handed_in() -> tuple[bytes, str]:
    """(CSV, its name): the file of the form, or what the preview has kept in the page."""
    kept = request.form.get("content")
    if kept is not None:
        return kept.encode(), request.form.get("name", "")[:200]
    file = request.files.get("file")
    if file is None or not file.filename:
        raise refused("file", _("Hãy chọn một tệp CSV hoặc Excel (.xlsx)."))
    content = file.stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise refused("file", _("Tệp lớn hơn 1 MB; hãy tách thành nhiều tệp nhỏ hơn."))
    return as_csv(content, file.filename[:200])
