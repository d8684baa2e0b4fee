"""Domain errors: what went wrong in the words of the people concerned.

Each class has a stable `code`; `status` is its HTTP answer, the one table that both doors use.
`str(error)` is a sentence that says what happened and what to do next, in the language of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from service.wording import _, marked


class DomainError(Exception):
    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    default: ClassVar[str] = marked("Không thực hiện được.")

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or _(self.default))
        self.details = details


class BadConfiguration(DomainError):
    code, status = "bad-configuration", 500


class NotFound(DomainError):
    """Also what an invisible thing answers: existence is not revealed."""

    code, status = "not-found", 404
    default = marked("Không tìm thấy, hoặc ông/bà không có quyền xem nội dung này.")


class NotAllowed(DomainError):
    code, status = "not-allowed", 403
    default = marked("Ông/bà không có quyền thực hiện việc này.")


class NotLoggedIn(DomainError):
    code, status = "not-logged-in", 401
    default = marked("Vui lòng đăng nhập.")


class WrongCredentials(DomainError):
    code, status = "wrong-credentials", 401
    default = marked("Tên đăng nhập hoặc mật khẩu không đúng.")


class SeparationOfDuties(NotAllowed):
    code = "separation-of-duties"
    default = marked("Một người không được xử lý ở hai cấp của cùng một hồ sơ.")


class WrongState(DomainError):
    """The thing exists and is visible, but this cannot be done to it now."""

    code, status = "wrong-state", 409


class TaskNotOpen(WrongState):
    code = "task-not-open"
    default = marked("Việc này đã được hoàn thành hoặc đã thu hồi. Hãy tải lại danh sách việc.")


class TaskTaken(WrongState):
    code = "task-taken"
    default = marked("Việc này đang do người khác xử lý.")


class CaseExists(WrongState):
    code = "case-exists"
    default = marked("Đơn vị đã có hồ sơ của năm này trong cùng thủ tục.")


class CaseClosed(WrongState):
    code = "case-closed"
    default = marked("Hồ sơ đã kết thúc.")


class DraftChanged(WrongState):
    code = "draft-changed"
    default = marked(
        "Bản nháp đã được lưu ở nơi khác (đồng nghiệp, hoặc thẻ khác của ông/bà) sau khi ông/bà mở trang "
        "này. Hãy tải lại để xem bản mới nhất."
    )


class CaseChangedMeanwhile(WrongState):
    """Another command committed first; the caller retries while its task is still open."""

    code = "case-changed"
    default = marked("Hồ sơ vừa thay đổi. Hãy tải lại và thử lại.")


class IdempotencyKeyReused(DomainError):
    code, status = "idempotency-key-reused", 422
    default = marked("Idempotency-Key này đã dùng cho một yêu cầu khác.")


class BadInput(DomainError):
    """`fields` maps a field's path ("criteria.2.6.raw") to Vietnamese sentences."""

    code, status = "bad-input", 422
    default = marked("Nội dung nhập chưa hợp lệ.")

    def __init__(
        self, message: str | None = None, fields: Mapping[str, list[str]] | None = None, **details: Any
    ):
        super().__init__(message, **details)
        self.fields = dict(fields or {})


class TooLarge(DomainError):
    code, status = "too-large", 413
    default = marked("Tệp quá lớn.")


class UnsupportedFile(BadInput):
    code, status = "unsupported-file", 415
    default = marked("Loại tệp này không được nhận.")


class BadDefinition(BadInput):
    code = "bad-definition"
    default = marked("Sơ đồ quy trình chưa dùng được.")


class Unavailable(DomainError):
    """A shortage that passes: lock, pool, disk. `retry_after` seconds."""

    code, status = "busy", 503
    default = marked("Hệ thống đang bận, dữ liệu của ông/bà chưa bị thay đổi. Vui lòng thử lại sau ít giây.")


class StorageFull(Unavailable):
    code = "storage-full"
    default = marked(
        "Máy chủ hết chỗ lưu trữ; chưa có gì bị thay đổi. Vui lòng báo quản trị viên rồi thử lại."
    )


class Undeliverable(DomainError):
    """Trying again would not help: the other side said no for good. A delivery ends here, with the reason."""

    code, status = "undeliverable", 502


class Disturbed(Unavailable, CaseChangedMeanwhile):
    """The database undid the act for another's sake; whoever repeats for a changed case repeats this too."""

    code, status = "busy", 503
    default = Unavailable.default


class ConnectionLost(Disturbed):
    """The database went away before anything was committed."""


class OutcomeUnknown(Unavailable):
    """The database went away while it committed: only looking again tells."""

    code = "outcome-unknown"
    default = marked(
        "Mất kết nối với cơ sở dữ liệu đúng lúc lưu nên chưa biết đã lưu hay chưa. "
        "Hãy tải lại trang để xem trước khi làm lại."
    )


class OffsetMismatch(WrongState):
    """A part of an upload that does not continue where the last one ended; `received` bytes are there."""

    code = "wrong-offset"
    default = marked("Phần tệp vừa gửi không nối tiếp phần đã có. Hãy gửi tiếp từ chỗ máy chủ đã nhận.")


class FileAlreadyThere(WrongState):
    """The same bytes lie in the dossier already, as the file `file`."""

    code = "file-already-there"
    default = marked("Tệp này đã có trong hồ sơ.")


class CaseStuck(DomainError):
    code, status = "case-stuck", 409
    default = marked("Hồ sơ dừng bất thường; quản trị viên đã được báo.")


def fields_of(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, list[str]]:
    """Flatten marshmallow's nested messages to {"criteria.2.6.raw": ["…"]}."""
    flat: dict[str, list[str]] = {}
    for key, value in messages.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            flat.update(fields_of(value, path))
        else:
            flat[path] = [str(item) for item in (value if isinstance(value, list) else [value])]
    return flat
