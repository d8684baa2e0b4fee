"""One case: do its state, its rows and its log say the same? Pure: everything has been read before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from service.audit.canonical import salted_digest
from service.audit.chains import Chain
from service.audit.erased import ErasedThings, erased_in
from service.audit.folding import PREPARING, Folded, fold
from service.engine.definition import Definition
from service.engine.errors import EngineError
from service.engine.lawfulness import NOTHING, START, Taken, first_unlawful
from service.engine.standing import standing
from service.models.cases import OPEN_STATES
from service.processes.record import SIGNAL, jsonable

POSITION = ("active", "awaited", "variables", "outcome", "status")
NOT_THERE = "không có"


@dataclass
class Stored:
    """What the database has of one case. `definition` is a sentence where its version cannot be compiled."""

    case: Any
    definition: Definition | str
    chain: Chain
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[Any] = field(default_factory=list)
    timers: list[Any] = field(default_factory=list)
    submissions: list[Any] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)
    # What there is of private parts of its chain, by (number of event, name): whether it still has words.
    private: dict[tuple[int, str], bool] = field(default_factory=dict)


def sentences(stored: Stored) -> Iterator[str]:
    """What does not agree, each with the case's code."""
    return (f"Hồ sơ {stored.case.code}: {what}." for what in _problems(stored))


def _problems(stored: Stored) -> Iterator[str]:
    case, chain = stored.case, stored.chain
    if not stored.bodies and not chain.breaks:
        yield "không có nhật ký"
        return
    if chain.breaks:
        for seq, what in chain.breaks:
            yield f"chuỗi nhật ký, sự kiện {seq}: {what}"
        return  # what a broken log says of its case proves nothing
    if chain.seq != case.rev or chain.hash != bytes(case.last_hash):
        yield f"số lần thay đổi {case.rev} không khớp với nhật ký ({chain.seq})"
    folded = fold(stored.bodies)
    if not folded.steps or any(getattr(case, name) != getattr(folded, name) for name in POSITION):
        yield "vị trí trên sơ đồ không khớp với nhật ký"
    yield from _tasks(stored, folded)
    yield from _handling(stored, folded)
    yield from _timers(stored, folded)
    yield from _state(stored)
    yield from _course(stored)
    yield from _jobs(stored)
    erased = erased_in(stored.bodies)
    yield from _submissions(stored, erased)
    yield from _private(stored, erased)


def _tasks(stored: Stored, folded: Folded) -> Iterator[str]:
    rows = {row.ref: _word(row.state) for row in stored.tasks}
    told = {task.ref: _word(task.state) for task in folded.tasks.values()}
    for ref in sorted(rows.keys() | told.keys()):
        if rows.get(ref) != told.get(ref):
            yield (
                f"việc {ref} là {rows.get(ref, NOT_THERE)} trong danh sách việc, "
                f"nhưng là {told.get(ref, NOT_THERE)} theo nhật ký"
            )
    waits = any(row.state == "set" for row in stored.timers) or stored.case.awaited or stored.jobs
    if stored.case.status == "open" and _word("ready") not in rows.values() and not waits:
        yield "không còn việc nào mà chưa kết thúc"


def _handling(stored: Stored, folded: Folded) -> Iterator[str]:
    """Whose an open task is, where it stands between officer and leader, when it is due."""
    for row in sorted(stored.tasks, key=lambda row: str(row.ref)):
        task = folded.tasks.get(row.ref)
        if task is None or not task.is_open or row.state not in OPEN_STATES:
            continue
        if task.owner is None and row.owner_id is not None and row.stage == PREPARING:
            task = replace(task, owner=str(row.owner_id))  # by a draft, before that was recorded as well
        compared = (
            ("người xử lý", task.owner, _named(row.owner_id)),
            ("người nhờ", task.delegated_by, _named(row.delegated_by)),
            ("người soạn", task.prepared_by, _named(row.prepared_by)),
            ("giai đoạn", task.stage, row.stage),
            ("mức ưu tiên", task.priority, row.priority),
            ("thời hạn", task.due_day, row.due_on),
            ("nhóm", task.group or row.group, row.group),
            ("đơn vị", task.unit or _named(row.unit_id), _named(row.unit_id)),
        )
        for what, by_log, by_row in compared:
            if by_log != by_row:
                yield f"{what} của việc {row.ref} không khớp với nhật ký"


def _named(one: uuid.UUID | None) -> str | None:
    return str(one) if one is not None else None


def _timers(stored: Stored, folded: Folded) -> Iterator[str]:
    rows = {row.ref: (row.state, row.due_at) for row in stored.timers}
    told = {timer.ref: (timer.state, timer.due_at) for timer in folded.timers.values()}
    for ref in sorted(rows.keys() | told.keys()):
        if rows.get(ref) != told.get(ref):
            yield (
                f"hẹn giờ {ref} là {_timer_word(rows.get(ref))}, "
                f"nhưng là {_timer_word(told.get(ref))} theo nhật ký"
            )


def _state(stored: Stored) -> Iterator[str]:
    """The engine's state: readable, and open where the rows are open."""
    case = stored.case
    if isinstance(stored.definition, str):
        yield stored.definition
        return
    try:
        found = standing(stored.definition, bytes(case.state))
    except EngineError as error:
        yield f"trạng thái của bộ máy quy trình không đọc được ({str(error).rstrip('.')})"
        return
    compared = (
        ("việc đang mở", set(found.tasks), {row.ref for row in stored.tasks if row.state in OPEN_STATES}),
        ("hẹn giờ", dict(found.timers), {row.ref: row.due_at for row in stored.timers if row.state == "set"}),
        ("vị trí", list(found.active), list(case.active)),
        ("thông điệp chờ", _awaited(found.messages, found.signals), list(case.awaited)),
        ("biến định tuyến", jsonable(found.variables), case.variables),
        ("kết quả", (found.finished, found.outcome), (case.status == "finished", case.outcome)),
        ("việc tự động", set(found.jobs), found.jobs & stored.jobs.keys()),
    )
    for what, by_engine, by_rows in compared:
        if by_engine != by_rows:
            yield f"{what} trong trạng thái của bộ máy quy trình không khớp với các dòng đã lưu"


def _course(stored: Stored) -> Iterator[str]:
    """Every step in the log is one that the diagram allowed, and they lead to where the case stands."""
    if isinstance(stored.definition, str):
        return
    moves = [body for body in stored.bodies if "active" in body["data"]]
    try:
        wrong = first_unlawful(stored.definition, map(_taken, moves), bytes(stored.case.state))
    except EngineError:
        return  # a state that cannot be read is told above
    if wrong is not None and wrong < len(moves):
        yield f"sự kiện {moves[wrong]['seq']}: sơ đồ không cho phép bước này sau các bước trước đó"
    elif wrong is not None:
        yield "các bước trong nhật ký không dẫn tới trạng thái của bộ máy quy trình"


def _taken(body: Mapping[str, Any]) -> Taken:
    """A step in the words of the engine, from the event that tells it."""
    data, kind, name = body["data"], NOTHING, ""
    if body["type"] == "case_opened":
        kind = START
    elif body["type"] == "task_completed":
        kind, name = "complete", _element(data["task"])
    elif body["type"] in {"job_completed", "job_failed"}:
        kind, name = "fail" if "code" in data else "complete", _element(data["job"])
    elif body["type"] == "timer_fired":
        kind, name = "timer", _element(data["timer"])
    elif body["type"] == "signal_caught":
        kind, name = "signal", data["name"]
    elif body["type"] == "message_caught" or "message" in data:
        kind, name = "message", data["message"] if "message" in data else data["name"]
    return Taken(kind, name, tuple(data["path"]), tuple(data["active"]), data.get("code", ""))


def _element(ref: str) -> str:
    return ref.rpartition(":")[0]


def _awaited(messages: Sequence[str], signals: Sequence[str]) -> list[str]:
    return [*messages, *(f"{SIGNAL}{name}" for name in signals)]


def _jobs(stored: Stored) -> Iterator[str]:
    ever = {job["ref"] for body in stored.bodies for job in body["data"].get("jobs", ())}
    for ref in sorted(ever - stored.jobs.keys()):
        yield f"việc tự động {ref} không còn trong hộp gửi"


def _private(stored: Stored, erased: ErasedThings) -> Iterator[str]:
    """What people typed is there, or an event tells that retention erased it."""
    for body in stored.bodies:
        for name in body["digests"].keys() - {"submission"}:
            gone = ("case", body["seq"], name) in erased.private
            if not gone and not stored.private.get((body["seq"], name)):
                yield f"phần riêng {name!r} của sự kiện {body['seq']} không còn mà không có sự kiện xóa"


def _submissions(stored: Stored, erased: ErasedThings) -> Iterator[str]:
    handed_over = {
        body["seq"]: body["digests"]["submission"]
        for body in stored.bodies
        if "submission" in body["digests"]
    }
    files = {str(row.id): row for row in stored.evidence}
    acts: dict[str, set[str]] = {}
    for row in stored.submissions:
        logged = handed_over.pop(row.seq, None)
        stands = erased.submissions[row.seq].after if row.seq in erased.submissions else row.digest
        if salted_digest(row.salt, row.content) != stands or logged != row.digest:
            yield f"nội dung nộp ở sự kiện {row.seq} đã bị thay đổi"
        else:
            yield from _files(row, files)
        acts.setdefault(row.element, set()).update(
            str(user) for user in (row.prepared_by, row.signed_by) if user is not None
        )
    for body in stored.bodies:
        if "act" in body["data"]:  # an act by message hands nothing over, but counts for whose it is
            acts.setdefault(body["data"]["act"], set()).add(str(body["actor"]["id"]))
        if "helped_by" in body["data"]:
            acts.setdefault(body["data"]["element"], set()).update(body["data"]["helped_by"])
    for seq in sorted(handed_over):
        yield f"nội dung nộp ở sự kiện {seq} không còn"
    if {element: set(users) for element, users in stored.case.acts.items()} != acts:
        yield "danh sách người đã xử lý không khớp với các lần nộp"


def _files(submission: Any, files: dict[str, Any]) -> Iterator[str]:
    """Evidence that was handed over is the evidence that is listed."""
    for file_id, said in (orjson.loads(submission.content).get("files") or {}).items():
        row = files.get(str(uuid.UUID(file_id)))
        if row is None or row.sha256 != said["sha256"]:
            yield f"tệp minh chứng {file_id} nộp ở sự kiện {submission.seq} không còn như khi nộp"


def _word(state: str) -> str:
    words = {"ready": "đang mở", "reserved": "đang mở", "completed": "đã xong", "exited": "đã thu hồi"}
    return words.get(state, state)


def _timer_word(timer: tuple[str, datetime] | None) -> str:
    if timer is None:
        return NOT_THERE
    words = {"set": "đang đặt", "fired": "đã chạy", "cleared": "đã bỏ"}
    return f"{words.get(timer[0], timer[0])} ({timer[1]:%d/%m/%Y %H:%M} UTC)"
