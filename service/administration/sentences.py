"""The events of the administration stream in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

MOST_NAMED = 8
ERASED = "(đã xóa khi hết thời hạn lưu trữ)"


@dataclass(frozen=True)
class Names:
    """What ids are called: {id: name}; an id that is nobody's any more stays as it is."""

    users: Mapping[str, str]
    positions: Mapping[str, str]
    units: Mapping[str, str]

    def user(self, identity: str | None) -> str:
        return self.users.get(identity or "", "một tài khoản không còn")

    def position(self, identity: str | None) -> str:
        return self.positions.get(identity or "", "vị trí không còn")

    def unit(self, identity: str | None) -> str:
        return self.units.get(identity or "", "đơn vị không còn")


# What a list may be filtered by: {heading: {kind of event: its name}}.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Xử lý thay": {
        "substitution_arranged": "Giao xử lý thay",
        "substitution_ended": "Kết thúc xử lý thay",
        "substitution_cancelled": "Hủy xử lý thay",
    },
    "Người và vị trí": {
        "user_added": "Tạo tài khoản",
        "user_activated": "Mở tài khoản",
        "user_deactivated": "Khóa tài khoản",
        "password_reset": "Đặt lại mật khẩu",
        "password_changed": "Đổi mật khẩu",
        "person_appointed": "Giao vị trí",
        "appointment_ended": "Thôi giữ vị trí",
        "appointment_cancelled": "Hủy giao vị trí",
        "position_added": "Thêm vị trí",
        "units_imported": "Nhập đơn vị",
    },
    "Phân công": {
        "quotas_added": "Thêm xã vào chỉ tiêu",
        "quota_removed": "Bỏ xã khỏi chỉ tiêu",
        "member_assigned": "Giao huyện cho thành viên",
        "member_assignment_ended": "Kết thúc giao huyện",
    },
    "Bộ chỉ số": {
        "index_set_added": "Thêm bộ chỉ số",
        "index_set_changed": "Sửa bộ chỉ số",
        "index_set_removed": "Xóa bộ chỉ số",
    },
    "Lịch và thời hạn": {
        "calendar_imported": "Nhập ngày lễ",
        "calendar_days_set": "Ghi ngày riêng của tỉnh",
        "calendar_days_unset": "Bỏ ngày riêng của tỉnh",
        "deadlines_set": "Ghi thời hạn",
    },
    "Đợt xét và văn bản": {
        "round_opened": "Lập đợt xét",
        "round_cases_added": "Thêm hồ sơ vào đợt",
        "round_case_removed": "Bỏ hồ sơ khỏi đợt",
        "round_signature_requested": "Trình ký Tờ trình",
        "round_returned_to_officer": "Trả lại người soạn",
        "round_submission_signed": "Ký Tờ trình",
        "round_decision_signed": "Ký Quyết định",
        "document_numbered": "Cấp số văn bản",
    },
    "Vận hành": {
        "delivery_retried": "Chạy lại việc",
        "deliveries_retried": "Chạy lại các việc",
        "delivery_dropped": "Bỏ việc",
        "timer_retried": "Thử lại thời hạn",
        "message_sent": "Gửi thông điệp",
        "signal_sent": "Gửi tín hiệu",
        "message_expired": "Thông điệp quá hạn",
        "webhook_added": "Thêm webhook",
        "webhook_removed": "Bỏ webhook",
        "webhook_switched_on": "Bật webhook",
        "webhook_switched_off": "Tắt webhook",
        "webhook_secret_rotated": "Đổi khóa webhook",
        "webhook_rotation_finished": "Xong đổi khóa webhook",
        "case_stuck": "Hồ sơ dừng bất thường",
    },
    "Đăng nhập và truy cập": {
        "logged_in": "Đăng nhập",
        "login_refused": "Đăng nhập không thành công",
        "token_issued": "Cấp mã truy cập",
        "tokens_revoked": "Thu hồi mã truy cập",
        "notification_preferences_changed": "Đổi cách nhận thông báo",
        "filter_saved": "Lưu bộ lọc",
        "filter_renamed": "Đổi tên bộ lọc",
        "filter_deleted": "Xóa bộ lọc",
    },
}
KINDS: Mapping[str, str] = {kind: name for group in GROUPS.values() for kind, name in group.items()}
# What a list shows unless it is asked for more: logins are many and change nothing.
QUIET = frozenset(
    {
        "logged_in",
        "login_refused",
        "notification_preferences_changed",
        "filter_saved",
        "filter_renamed",
        "filter_deleted",
    }
)

Tell = Callable[[Mapping[str, Any], Names], str]


def sentence(kind: str, data: Mapping[str, Any], names: Names) -> str:
    """What happened; for a kind without a sentence of its own, its name."""
    tell = _SENTENCES.get(kind)
    return tell(data, names) if tell is not None else f"{KINDS.get(kind, kind)}."


def details(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Lines under the sentence: the document it rests on, and what a list was made of."""
    for key in ("legal_basis", "source"):
        if data.get(key) and kind not in (
            "message_sent",
            "signal_sent",
            "units_imported",
            "calendar_imported",
        ):
            yield f"Căn cứ: {data[key]}"
    if data.get("reason"):
        yield f"Lý do: {data['reason']}"
    if kind == "quotas_added":
        yield from _by_year(data["quotas"])
    if kind == "index_set_changed":
        yield from _differences(data["before"], data["after"])
    if kind == "deadlines_set":
        for change in data["deadlines"][:MOST_NAMED]:
            after, before = change["after"], change["before"]
            told = after or before
            what = f"“{after['wording']}”" if after else f"bỏ “{before['wording']}”"
            yield f"{told['element']}, {told['district'] or 'mọi huyện'}, năm {told['year']}: {what}"


def _by_year(quotas: list[Mapping[str, Any]]) -> Iterator[str]:
    years: dict[int, list[str]] = {}
    for one in quotas:
        years.setdefault(one["year"], []).append(one["commune"])
    for year, communes in sorted(years.items()):
        more = f" và {len(communes) - MOST_NAMED} xã khác" if len(communes) > MOST_NAMED else ""
        yield f"Năm {year}: {', '.join(communes[:MOST_NAMED])}{more}"


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    called = {
        "name": "Tên",
        "maximum": "Tổng điểm",
        "document": "Văn bản",
        "from": "Hiệu lực từ",
        "to": "Hết hiệu lực",
    }
    for key, name in called.items():
        if before[key] != after[key]:
            yield f"{name}: {_shown(before[key])} → {_shown(after[key])}"


def _shown(value: str | None) -> str:
    if not value:
        return "không có"
    return _day(value) if len(value) == 10 and value[4] == "-" else value


def _day(iso: str | None) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""


def _span(data: Mapping[str, Any]) -> str:
    return f"từ {_day(data['from'])}" + (f" đến hết {_day(data['to'])}" if data.get("to") else "")


def _until(data: Mapping[str, Any], never: str) -> str:
    return f"ngày cuối là {_day(data['to'])}" if data.get("to") else never


_SENTENCES: Mapping[str, Tell] = {
    "substitution_arranged": lambda data, names: (
        f"{names.user(data['substitute'])} xử lý thay {names.user(data['absent'])} tại vị trí "
        f"{names.position(data['position'])}, {_span(data)}."
    ),
    "substitution_ended": lambda data, names: (
        f"{names.user(data['substitute'])} thôi xử lý thay {names.user(data['absent'])} tại vị trí "
        f"{names.position(data['position'])}: {_until(data, '')}."
    ),
    "substitution_cancelled": lambda data, names: (
        f"Hủy việc {names.user(data['substitute'])} xử lý thay {names.user(data['absent'])} tại vị trí "
        f"{names.position(data['position'])} trước khi bắt đầu."
    ),
    "user_added": lambda data, names: (
        f"Tạo tài khoản {data.get('username', ERASED)} cho {names.user(data['user'])}."
    ),
    "user_activated": lambda data, names: f"Mở lại tài khoản của {names.user(data['user'])}.",
    "user_deactivated": lambda data, names: f"Khóa tài khoản của {names.user(data['user'])}.",
    "password_reset": lambda data, names: f"Đặt lại mật khẩu của {names.user(data['user'])}.",
    "password_changed": lambda data, names: f"{names.user(data['user'])} tự đổi mật khẩu.",
    "person_appointed": lambda data, names: (
        f"{names.user(data['user'])} giữ vị trí {names.position(data['position'])}, {_span(data)}."
    ),
    "appointment_ended": lambda data, names: (
        f"{names.user(data['user'])} thôi giữ vị trí {names.position(data['position'])}: {_until(data, '')}."
    ),
    "appointment_cancelled": lambda data, names: (
        f"Hủy việc {names.user(data['user'])} giữ vị trí {names.position(data['position'])} "
        "trước khi bắt đầu."
    ),
    "position_added": lambda data, names: f"Thêm vị trí {names.position(data['position'])}.",
    "units_imported": lambda data, _: f"Nhập {data['count']} đơn vị.",
    "quotas_added": lambda data, _: f"Thêm {len(data['quotas'])} xã vào chỉ tiêu được giao.",
    "quota_removed": lambda data, _: f"Bỏ xã {data['commune']} khỏi chỉ tiêu năm {data['year']}.",
    "member_assigned": lambda data, names: (
        f"Giao {names.unit(data['district'])} cho {names.position(data['position'])}, {_span(data)}."
    ),
    "member_assignment_ended": lambda data, names: (
        f"{names.position(data['position'])} thôi phụ trách {names.unit(data['district'])}: "
        f"{_until(data, 'hủy trước khi bắt đầu')}."
    ),
    "index_set_added": lambda data, _: f"Thêm bộ chỉ số “{data['name']}”, tổng {data['maximum']} điểm.",
    "index_set_changed": lambda data, _: f"Sửa bộ chỉ số {data['code']}.",
    "index_set_removed": lambda data, _: f"Xóa bộ chỉ số {data['code']}.",
    "calendar_imported": lambda data, _: (
        f"Nhập ngày lễ các năm {', '.join(map(str, data['years']))}: "
        f"{len(data['added'])} ngày mới hoặc thay đổi."
    ),
    "deadlines_set": lambda data, _: f"Ghi, thay hoặc bỏ {len(data['deadlines'])} thời hạn.",
    "document_numbered": lambda data, _: f"Cấp số {data['number']} cho “{data['title']}”.",
    "logged_in": lambda _data, _names: "Đăng nhập.",
    "login_refused": lambda data, names: (
        f"Đăng nhập không thành công vào tài khoản của {names.user(data['user'])}."
        if data.get("user")
        else "Đăng nhập không thành công, tên đăng nhập không có."
    ),
    "token_issued": lambda data, names: f"Cấp mã truy cập cho {names.user(data['user'])}.",
    "tokens_revoked": lambda data, names: (
        f"Thu hồi {data['tokens']} mã truy cập của {names.user(data['user'])}."
    ),
}
