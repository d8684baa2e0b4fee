"""Lists handed in as files: tried out, shown, then taken in; and given out as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from service.administration.member_files import import_members, members_as_rows, read_members
from service.administration.people_files import TakenIn, import_people, people_as_rows, read_people
from service.administration.unit_files import import_units, read_units, units_as_rows
from service.calendars.tables import write_csv
from service.errors import DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    LEADER,
    handed_in,
    is_administrator,
    keeps_assignments,
    page,
    tried,
)
from service.wording import marked

MOST_TOLD = 200


@dataclass(frozen=True)
class Importer:
    """`take_in(content, name, only_try)` answers what it does, with the passwords that it gives."""

    endpoint: str
    name: str
    columns: str
    note: str
    may: Callable[[], bool]
    take_in: Callable[[bytes, str, bool], TakenIn]
    as_rows: Callable[[], tuple[list[str], list[list[str]]]]


@dataclass
class _Answer:
    shown: list[str] = field(default_factory=list)


def _units(content: bytes, name: str, only_try: bool) -> TakenIn:
    lines = read_units(content, name)
    return TakenIn(import_units(lines=lines, by=current_viewer(), now=now(), only_try=only_try))


def _people(content: bytes, name: str, only_try: bool) -> TakenIn:
    return import_people(lines=read_people(content, name), by=current_viewer(), now=now(), only_try=only_try)


def _members(content: bytes, name: str, only_try: bool) -> TakenIn:
    lines = read_members(content, name)
    return TakenIn(import_members(lines=lines, by=current_viewer(), now=now(), only_try=only_try))


IMPORTERS = {
    "don-vi": Importer(
        "unit_list",
        marked("Đơn vị"),
        marked(
            "Mã; Tên; Loại (tỉnh, sở, ngành, huyện, xã); Trực thuộc (mã); "
            "Từ ngày; Đến hết ngày; Nguồn; Tiếp nhận từ"
        ),
        marked(
            "“Tiếp nhận từ” ghi mã các đơn vị cũ, cách nhau bằng dấu cách. Mã đã có thì đơn vị được sửa theo "
            "tệp; đơn vị không có trong tệp giữ nguyên."
        ),
        is_administrator,
        _units,
        units_as_rows,
    ),
    "nguoi": Importer(
        "person_list",
        marked("Người dùng"),
        marked("Tên đăng nhập; Họ tên; Mã đơn vị; Vai trò; Chức danh; Từ ngày; Đến hết ngày; Căn cứ"),
        marked(
            "Tên đăng nhập chưa có thì tài khoản được tạo; có mã đơn vị thì được giao vị trí, vị trí chưa có "
            "thì được thêm. Người đã giữ vị trí đó thì giữ nguyên. Mật khẩu dùng một lần chỉ hiện một lần, "
            "ngay sau khi nhập."
        ),
        is_administrator,
        _people,
        lambda: people_as_rows(today()),
    ),
    "thanh-vien": Importer(
        "member_list",
        marked("Thành viên phụ trách"),
        marked("Mã huyện; Vị trí (tên hoặc mã vị trí Thành viên); Từ ngày; Đến hết ngày; Căn cứ"),
        marked("Phân công đã có giữ nguyên. Huyện đang có người phụ trách phải kết thúc phân công cũ trước."),
        keeps_assignments,
        _members,
        members_as_rows,
    ),
}


@pages.get("/quan-tri/nhap/<what>", endpoint="import_page")
@policy(ADMINISTRATOR, LEADER)
def show(what: str) -> Any:
    return _page(what, _importer(what))


@pages.post("/quan-tri/nhap/<what>", endpoint="import_file")
@policy(ADMINISTRATOR, LEADER)
def take_in(what: str) -> Any:
    """First what it would do, without writing; with the field `apply` it is done, all of it or nothing."""
    one, answer = _importer(what), _Answer()

    def act() -> None:
        content, name = handed_in()
        applying = request.form.get("apply") == "1"
        done = one.take_in(content, name, not applying)
        if not applying:
            kept = content.decode("utf-8-sig", errors="replace")
            answer.shown.append(_page(what, one, plan=done, content=kept, file_name=name))
        elif done.passwords:
            answer.shown.append(_page(what, one, done=done))
        else:
            flash(
                _("Đã nhập: %(count)s thay đổi.", count=len(done.told))
                if done.told
                else _("Mọi dòng đã có từ trước; không có gì thay đổi."),
                "success" if done.told else "info",
            )

    refusal = tried(act, lambda error: _page(what, one, error))
    if refusal is not None:
        return refusal
    return answer.shown[0] if answer.shown else redirect(url_for(f"pages.{one.endpoint}"), 303)


@pages.get("/quan-tri/nhap/<what>/hien-co.csv", endpoint="import_present")
@policy(ADMINISTRATOR, LEADER)
def hand_out(what: str) -> Response:
    """What there is now, as importing takes it back: a pattern to fill in."""
    headings, rows = _importer(what).as_rows()
    response = Response(write_csv(headings, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{what}.csv"'
    return response


def _importer(what: str) -> Importer:
    one = IMPORTERS.get(what)
    if one is None or not one.may():
        raise NotFound()
    return one


def _page(what: str, one: Importer, error: DomainError | None = None, **shown: Any) -> str:
    return page(
        "import.html",
        error,
        what=what,
        section=one.endpoint,
        one=one,
        most=MOST_TOLD,
        plan=shown.get("plan"),
        done=shown.get("done"),
        content=shown.get("content", ""),
        file_name=shown.get("file_name", ""),
    )
