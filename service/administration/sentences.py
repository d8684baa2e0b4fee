"""The events of the administration stream in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from service.administration.retention_sentences import RETENTION_SENTENCES
from service.administration.round_sentences import ROUND_SENTENCES
from service.wording import Words, _, marked

MOST_NAMED = 8
ERASED = marked("(đã xóa khi hết thời hạn lưu trữ)")


@dataclass(frozen=True)
class Names:
    """What ids are called: {id: name}; an id that is nobody's any more stays as it is."""

    users: Mapping[str, str]
    positions: Mapping[str, str]
    units: Mapping[str, str]
    # What a step is called, by procedure and step.
    steps: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rounds: Mapping[str, str] = field(default_factory=dict)
    # Codes of cases.
    cases: Mapping[str, str] = field(default_factory=dict)
    # Number and date of what a round's act was, such as “ số 88/TTr-STTTT ngày 20/11/2023”.
    papers: Mapping[str, str] = field(default_factory=dict)

    def user(self, identity: str | None) -> str:
        return self.users.get(identity or "", _("một tài khoản không còn"))

    def position(self, identity: str | None) -> str:
        return self.positions.get(identity or "", _("vị trí không còn"))

    def unit(self, identity: str | None) -> str:
        return self.units.get(identity or "", _("đơn vị không còn"))


# What a list may be filtered by: {heading: {kind of event: its name}}.
GROUPS: Mapping[str, Mapping[str, str]] = {
    marked("Xử lý thay"): {
        "substitution_arranged": marked("Giao xử lý thay"),
        "substitution_ended": marked("Kết thúc xử lý thay"),
        "substitution_cancelled": marked("Hủy xử lý thay"),
        "substitution_prolonged": marked("Đổi ngày cuối xử lý thay"),
    },
    marked("Người và vị trí"): {
        "user_added": marked("Tạo tài khoản"),
        "user_activated": marked("Mở tài khoản"),
        "user_deactivated": marked("Khóa tài khoản"),
        "password_reset": marked("Đặt lại mật khẩu"),
        "password_changed": marked("Đổi mật khẩu"),
        "person_appointed": marked("Giao vị trí"),
        "appointment_ended": marked("Thôi giữ vị trí"),
        "appointment_cancelled": marked("Hủy giao vị trí"),
        "appointment_prolonged": marked("Đổi ngày cuối giữ vị trí"),
        "position_added": marked("Thêm vị trí"),
        "position_changed": marked("Sửa vị trí"),
        "position_removed": marked("Xóa vị trí"),
        "user_renamed": marked("Sửa họ tên"),
    },
    marked("Đơn vị"): {
        "unit_added": marked("Thêm đơn vị"),
        "unit_changed": marked("Sửa đơn vị"),
        "unit_succession_added": marked("Ghi đơn vị kế tiếp"),
        "unit_succession_removed": marked("Bỏ đơn vị kế tiếp"),
        "units_imported": marked("Nhập đơn vị"),
    },
    marked("Phân công"): {
        "quotas_added": marked("Thêm xã vào chỉ tiêu"),
        "quota_removed": marked("Bỏ xã khỏi chỉ tiêu"),
        "procedure_department_set": marked("Giao quy trình cho sở"),
        "member_assigned": marked("Giao huyện cho thành viên"),
        "member_assignment_ended": marked("Kết thúc giao huyện"),
        "member_assignment_prolonged": marked("Đổi ngày cuối giao huyện"),
    },
    marked("Bộ chỉ số"): {
        "index_set_added": marked("Thêm bộ chỉ số"),
        "index_set_changed": marked("Sửa bộ chỉ số"),
        "index_set_removed": marked("Xóa bộ chỉ số"),
    },
    marked("Lịch và thời hạn"): {
        "calendar_imported": marked("Nhập ngày lễ"),
        "calendar_days_set": marked("Ghi ngày riêng của tỉnh"),
        "calendar_days_unset": marked("Bỏ ngày riêng của tỉnh"),
        "deadlines_set": marked("Ghi thời hạn"),
    },
    marked("Đợt xét và văn bản"): {
        "round_opened": marked("Lập đợt xét"),
        "round_deleted": marked("Xóa đợt xét chưa có hồ sơ"),
        "round_cases_added": marked("Thêm hồ sơ vào đợt"),
        "round_case_removed": marked("Bỏ hồ sơ khỏi đợt"),
        "round_signature_requested": marked("Trình ký Tờ trình"),
        "round_returned_to_officer": marked("Trả lại người soạn"),
        "round_submission_signed": marked("Ký Tờ trình"),
        "round_decision_signed": marked("Ký Quyết định"),
        "document_numbered": marked("Cấp số văn bản"),
    },
    marked("Lưu trữ"): {
        "retention_period_set": marked("Đặt thời hạn bảo quản"),
        "legal_hold_set": marked("Tạm dừng hủy"),
        "legal_hold_lifted": marked("Bỏ tạm dừng hủy"),
        "erasure_proposed": marked("Đề nghị hủy"),
        "redaction_proposed": marked("Đề nghị lược bỏ"),
        "erasure_decided": marked("Quyết định hủy"),
        "content_erased": marked("Đã hủy nội dung"),
        "archive_transfer_recorded": marked("Nộp lưu"),
    },
    marked("Vận hành"): {
        "delivery_retried": marked("Chạy lại việc"),
        "deliveries_retried": marked("Chạy lại các việc"),
        "delivery_dropped": marked("Bỏ việc"),
        "timer_retried": marked("Thử lại thời hạn"),
        "message_sent": marked("Gửi thông điệp"),
        "signal_sent": marked("Gửi tín hiệu"),
        "message_expired": marked("Thông điệp quá hạn"),
        "webhook_added": marked("Thêm webhook"),
        "webhook_removed": marked("Bỏ webhook"),
        "webhook_switched_on": marked("Bật webhook"),
        "webhook_switched_off": marked("Tắt webhook"),
        "webhook_secret_rotated": marked("Đổi khóa webhook"),
        "webhook_rotation_finished": marked("Xong đổi khóa webhook"),
        "case_stuck": marked("Hồ sơ dừng bất thường"),
    },
    marked("Đăng nhập và truy cập"): {
        "logged_in": marked("Đăng nhập"),
        "login_refused": marked("Đăng nhập không thành công"),
        "token_issued": marked("Cấp mã truy cập"),
        "tokens_revoked": marked("Thu hồi mã truy cập"),
        "notification_preferences_changed": marked("Đổi cách nhận thông báo"),
        "filter_saved": marked("Lưu bộ lọc"),
        "filter_renamed": marked("Đổi tên bộ lọc"),
        "filter_deleted": marked("Xóa bộ lọc"),
        "question_saved": marked("Lưu câu hỏi kiểm tra"),
        "question_renamed": marked("Đổi tên câu hỏi kiểm tra"),
        "question_deleted": marked("Xóa câu hỏi kiểm tra"),
        "answer_exported": marked("Xuất câu trả lời kiểm tra"),
    },
}
KINDS: Mapping[str, str] = Words({kind: name for group in GROUPS.values() for kind, name in group.items()})
# What a list shows unless it is asked for more: logins are many and change nothing.
QUIET = frozenset(
    {
        "logged_in",
        "login_refused",
        "notification_preferences_changed",
        "filter_saved",
        "filter_renamed",
        "filter_deleted",
        "question_saved",
        "question_renamed",
        "question_deleted",
    }
)

Tell = Callable[[Mapping[str, Any], Names], str]


def sentence(kind: str, data: Mapping[str, Any], names: Names) -> str:
    """What happened; for a kind without a sentence of its own, its name."""
    tell = _SENTENCES.get(kind)
    return tell(data, names) if tell is not None else f"{KINDS.get(kind, kind)}."


def details(kind: str, data: Mapping[str, Any], names: Names) -> Iterator[str]:
    """Lines under the sentence: the document it rests on, and what a list was made of."""
    for key in ("legal_basis", "source"):
        if data.get(key) and kind not in (
            "message_sent",
            "signal_sent",
            "units_imported",
            "calendar_imported",
        ):
            yield _("Căn cứ: %(document)s", document=data[key])
    if data.get("reason"):
        yield f"{_('Đã đổi') if kind == 'user_renamed' else _('Lý do')}: {data['reason']}"
    if kind == "quotas_added":
        yield from _by_year(data["quotas"])
    if kind in ("index_set_changed", "unit_changed"):
        yield from _differences(data["before"], data["after"])
    if data.get("open_cases"):
        more = len(data["open_cases"]) - MOST_NAMED
        named = ", ".join(data["open_cases"][:MOST_NAMED]) + (
            _(" và %(more)s hồ sơ khác", more=more) if more > 0 else ""
        )
        yield _("Biết rằng còn hồ sơ đang mở: %(named)s", named=named)
    if kind == "deadlines_set":
        for change in data["deadlines"][:MOST_NAMED]:
            after, before = change["after"], change["before"]
            told = after or before
            what = f"“{after['wording']}”" if after else _("bỏ “%(wording)s”", wording=before["wording"])
            yield _(
                "%(element)s, %(district)s, năm %(year)s: %(what)s",
                element=names.steps.get((told["procedure"], told["element"]), told["element"]),
                district=told["district"] or _("mọi huyện"),
                year=told["year"],
                what=what,
            )


def _by_year(quotas: list[Mapping[str, Any]]) -> Iterator[str]:
    years: dict[int, list[str]] = {}
    for one in quotas:
        years.setdefault(one["year"], []).append(one["commune"])
    for year, communes in sorted(years.items()):
        more = (
            _(" và %(count)s xã khác", count=len(communes) - MOST_NAMED) if len(communes) > MOST_NAMED else ""
        )
        yield _(
            "Năm %(year)s: %(communes)s%(more)s",
            year=year,
            communes=", ".join(communes[:MOST_NAMED]),
            more=more,
        )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    called = {
        "name": _("Tên"),
        "maximum": _("Tổng điểm"),
        "document": _("Văn bản"),
        "from": _("Hiệu lực từ"),
        "to": _("Hết hiệu lực"),
        "parent": _("Trực thuộc"),
        "source": _("Nguồn"),
    }
    for key, name in called.items():
        if before.get(key) != after.get(key):
            yield f"{name}: {_shown(before.get(key))} › {_shown(after.get(key))}"


def _shown(value: str | None) -> str:
    if not value:
        return _("không có")
    return _day(value) if len(value) == 10 and value[4] == "-" else value


def _day(iso: str | None) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""


def _span(data: Mapping[str, Any]) -> str:
    return _("từ %(first)s", first=_day(data["from"])) + (
        _(" đến hết %(to)s", to=_day(data["to"])) if data.get("to") else ""
    )


def _instead(data: Mapping[str, Any]) -> str:
    """In place of which last day which other holds now."""
    now_last = _("đến hết %(to)s", to=_day(data["to"])) if data.get("to") else _("không có ngày cuối")
    return _("%(now_last)s, thay cho ngày cuối %(before)s", now_last=now_last, before=_day(data["before"]))


def _until(data: Mapping[str, Any], never: str) -> str:
    return _("ngày cuối là %(to)s", to=_day(data["to"])) if data.get("to") else never


_SENTENCES: Mapping[str, Tell] = {
    **ROUND_SENTENCES,
    **RETENTION_SENTENCES,
    "substitution_arranged": lambda data, names: _(
        "%(substitute)s xử lý thay %(absent)s tại vị trí %(position)s, %(span)s.",
        substitute=names.user(data["substitute"]),
        absent=names.user(data["absent"]),
        position=names.position(data["position"]),
        span=_span(data),
    ),
    "substitution_ended": lambda data, names: _(
        "%(substitute)s thôi xử lý thay %(absent)s tại vị trí %(position)s: %(until)s.",
        substitute=names.user(data["substitute"]),
        absent=names.user(data["absent"]),
        position=names.position(data["position"]),
        until=_until(data, ""),
    ),
    "substitution_cancelled": lambda data, names: _(
        "Hủy việc %(substitute)s xử lý thay %(absent)s tại vị trí %(position)s trước khi bắt đầu.",
        substitute=names.user(data["substitute"]),
        absent=names.user(data["absent"]),
        position=names.position(data["position"]),
    ),
    "user_added": lambda data, names: _(
        "Tạo tài khoản %(username)s cho %(user)s.",
        username=data.get("username", _(ERASED)),
        user=names.user(data["user"]),
    ),
    "user_activated": lambda data, names: _("Mở lại tài khoản của %(user)s.", user=names.user(data["user"])),
    "user_deactivated": lambda data, names: _("Khóa tài khoản của %(user)s.", user=names.user(data["user"])),
    "password_reset": lambda data, names: _("Đặt lại mật khẩu của %(user)s.", user=names.user(data["user"])),
    "password_changed": lambda data, names: _("%(user)s tự đổi mật khẩu.", user=names.user(data["user"])),
    "person_appointed": lambda data, names: _(
        "%(user)s giữ vị trí %(position)s, %(span)s.",
        user=names.user(data["user"]),
        position=names.position(data["position"]),
        span=_span(data),
    ),
    "appointment_ended": lambda data, names: _(
        "%(user)s thôi giữ vị trí %(position)s: %(until)s.",
        user=names.user(data["user"]),
        position=names.position(data["position"]),
        until=_until(data, ""),
    ),
    "appointment_cancelled": lambda data, names: _(
        "Hủy việc %(user)s giữ vị trí %(position)s trước khi bắt đầu.",
        user=names.user(data["user"]),
        position=names.position(data["position"]),
    ),
    "position_added": lambda data, names: _(
        "Thêm vị trí %(position)s.", position=names.position(data["position"])
    ),
    "appointment_prolonged": lambda data, names: _(
        "%(user)s giữ vị trí %(position)s %(change)s.",
        user=names.user(data["user"]),
        position=names.position(data["position"]),
        change=_instead(data),
    ),
    "substitution_prolonged": lambda data, names: _(
        "%(substitute)s xử lý thay %(absent)s tại vị trí %(position)s %(change)s.",
        substitute=names.user(data["substitute"]),
        absent=names.user(data["absent"]),
        position=names.position(data["position"]),
        change=_instead(data),
    ),
    "member_assignment_prolonged": lambda data, names: _(
        "%(position)s phụ trách %(district)s %(change)s.",
        position=names.position(data["position"]),
        district=names.unit(data["district"]),
        change=_instead(data),
    ),
    "position_changed": lambda data, names: _(
        "Sửa vị trí “%(before)s” thành “%(after)s”, %(unit)s.",
        before=data["before"]["title"],
        after=data["after"]["title"],
        unit=names.unit(data["unit"]),
    ),
    "position_removed": lambda data, names: _(
        "Xóa vị trí “%(title)s”, %(unit)s.", title=data["title"], unit=names.unit(data["unit"])
    ),
    "user_renamed": lambda data, names: _("Sửa họ tên của %(user)s.", user=names.user(data["user"])),
    "unit_added": lambda data, names: _(
        "Thêm đơn vị %(unit)s (%(code)s), hoạt động %(span)s.",
        unit=names.unit(data["unit"]),
        code=data["code"],
        span=_span(data),
    ),
    "unit_changed": lambda data, names: _("Sửa đơn vị %(unit)s.", unit=names.unit(data["unit"])),
    "unit_succession_added": lambda data, names: _(
        "%(successor)s kế tiếp %(predecessor)s từ %(since)s.",
        successor=names.unit(data["successor"]),
        predecessor=names.unit(data["predecessor"]),
        since=_day(data["since"]),
    ),
    "unit_succession_removed": lambda data, names: _(
        "Bỏ việc %(successor)s kế tiếp %(predecessor)s, ghi nhầm.",
        successor=names.unit(data["successor"]),
        predecessor=names.unit(data["predecessor"]),
    ),
    "units_imported": lambda data, _names: _("Nhập %(count)s đơn vị.", count=data["count"]),
    "quotas_added": lambda data, _names: _(
        "Thêm %(count)s xã vào chỉ tiêu được giao.", count=len(data["quotas"])
    ),
    "quota_removed": lambda data, _names: _(
        "Bỏ xã %(commune)s khỏi chỉ tiêu năm %(year)s.", commune=data["commune"], year=data["year"]
    ),
    "procedure_department_set": lambda data, names: _(
        "Giao quy trình %(procedure)s: %(before)s thành %(after)s từ %(day)s (%(basis)s).",
        procedure=data["procedure"],
        before=names.unit(data["predecessor"]) if data["predecessor"] else _("chưa có sở nào"),
        after=names.unit(data["successor"]),
        day=_day(data["after"]["from"]),
        basis=data["legal_basis"],
    ),
    "member_assigned": lambda data, names: (
        f"Giao {names.unit(data['district'])} cho {names.position(data['position'])}, {_span(data)}."
    ),
    "member_assignment_ended": lambda data, names: _(
        "%(position)s thôi phụ trách %(district)s: %(until)s.",
        position=names.position(data["position"]),
        district=names.unit(data["district"]),
        until=_until(data, _("hủy trước khi bắt đầu")),
    ),
    "index_set_added": lambda data, _names: _(
        "Thêm bộ chỉ số “%(name)s”, tổng %(maximum)s điểm.", name=data["name"], maximum=data["maximum"]
    ),
    "index_set_changed": lambda data, _names: _("Sửa bộ chỉ số %(code)s.", code=data["code"]),
    "index_set_removed": lambda data, _names: _("Xóa bộ chỉ số %(code)s.", code=data["code"]),
    "calendar_imported": lambda data, _names: _(
        "Nhập ngày lễ các năm %(years)s: %(count)s ngày mới hoặc thay đổi.",
        years=", ".join(map(str, data["years"])),
        count=len(data["added"]),
    ),
    "deadlines_set": lambda data, _names: _(
        "Ghi, thay hoặc bỏ %(count)s thời hạn.", count=len(data["deadlines"])
    ),
    "document_numbered": lambda data, _names: _(
        "Cấp số %(number)s cho “%(title)s”.", number=data["number"], title=data["title"]
    ),
    "logged_in": lambda _data, _names: _("Đăng nhập."),
    "login_refused": lambda data, names: (
        _("Đăng nhập không thành công vào tài khoản của %(user)s.", user=names.user(data["user"]))
        if data.get("user")
        else _("Đăng nhập không thành công, tên đăng nhập không có.")
    ),
    "token_issued": lambda data, names: _("Cấp mã truy cập cho %(user)s.", user=names.user(data["user"])),
    "tokens_revoked": lambda data, names: _(
        "Thu hồi %(tokens)s mã truy cập của %(user)s.", tokens=data["tokens"], user=names.user(data["user"])
    ),
}
