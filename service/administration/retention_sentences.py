"""What was laid down, held, proposed and erased of records, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from service.audit.erased import KIND_NAMES
from service.wording import _

if TYPE_CHECKING:
    from service.administration.sentences import Names

_MOST_CODES = 8


def _years(period: Mapping[str, Any] | None) -> str:
    if period is None:
        return _("chưa có")
    years = period["years"]
    long = _("vĩnh viễn") if years is None else _("%(years)s năm", years=years)
    return long if period["confirmed"] else _("%(long)s, chờ xác nhận", long=long)


def _held(data: Mapping[str, Any]) -> str:
    parts = [
        _("hồ sơ %(code)s", code=data["case"]) if data["case"] else "",
        _("năm %(year)s", year=data["year"]) if data["year"] else "",
        _("quy trình %(procedure)s", procedure=data["procedure"]) if data["procedure"] else "",
        _("đơn vị %(unit)s", unit=data["unit"]) if data["unit"] else "",
    ]
    return ", ".join(part for part in parts if part) or _("mọi hồ sơ")


def _cases(data: Mapping[str, Any]) -> str:
    codes = data["cases"]
    named = ", ".join(codes[:_MOST_CODES])
    more = len(codes) - _MOST_CODES
    return _("%(named)s và %(more)s hồ sơ khác", named=named, more=more) if more > 0 else named


RETENTION_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Names], str]] = {
    "retention_period_set": lambda data, _names: _(
        "Thời hạn bảo quản “%(kind)s”: %(after)s, trước đó %(before)s; từ ngày %(day)s.",
        kind=_(KIND_NAMES[data["after"]["kind"]]),
        after=_years(data["after"]),
        before=_years(data["before"]),
        day="/".join(reversed(data["valid_from"].split("-"))),
    ),
    "legal_hold_set": lambda data, _names: _(
        "Tạm dừng hủy %(held)s: %(reason)s", held=_held(data), reason=data["reason"]
    ),
    "legal_hold_lifted": lambda data, _names: _("Bỏ tạm dừng hủy: %(reason)s", reason=data["reason"]),
    "erasure_proposed": lambda data, _names: _(
        "Đề nghị hủy nội dung hết thời hạn của %(cases)s: %(reason)s",
        cases=_cases(data),
        reason=data["reason"],
    ),
    "redaction_proposed": lambda data, _names: _(
        "Đề nghị lược bỏ một nội dung của hồ sơ %(cases)s: %(reason)s",
        cases=_cases(data),
        reason=data["reason"],
    ),
    "erasure_decided": lambda data, _names: (
        _("Duyệt hủy nội dung: %(decision)s", decision=data["decision"])
        if data["approved"]
        else _("Không duyệt hủy nội dung: %(decision)s", decision=data["decision"])
    ),
    "content_erased": lambda data, _names: _(
        "Đã hủy %(things)s mục của %(cases)s hồ sơ; %(held)s hồ sơ tạm dừng hủy.",
        things=data["things"],
        cases=data["cases"],
        held=data["held"],
    ),
    "archive_transfer_recorded": lambda data, _names: _(
        "Nộp lưu %(cases)s vào %(archive)s, biên bản số %(number)s.",
        cases=_cases(data),
        archive=data["archive"],
        number=data["receipt_number"],
    ),
}
