"""The sentences that people are told. No person is named in them: they also travel by e-mail. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

LONGEST_TITLE = 300
ENDS: Mapping[str, str] = {
    "commune_recognised": "đã được công nhận",
    "commune_not_recognised": "không được công nhận",
    "dossier_withdrawn": "đã rút hồ sơ",
    "unit_dissolved": "kết thúc do đơn vị chấm dứt hoạt động",
}

ROUND_OUTCOMES: Mapping[str, str] = {
    "recognise": "công nhận",
    "refuse": "không công nhận",
    "return": "chuyển lại Sở",
    "set_aside": "để lại đợt sau",
}

DRAFT_OUTCOMES: Mapping[str, str] = {
    "process_draft_approved": "đã được phê duyệt, ban hành được từ bây giờ",
    "process_draft_returned": "bị trả lại; lý do ghi ở trang của bản thảo",
    "process_draft_published": "đã được ban hành",
}


@dataclass(frozen=True)
class Words:
    """A headline and what stands below it."""

    title: str
    body: str


@dataclass(frozen=True)
class TaskFacts:
    """What the sentences about a task say."""

    step: str
    commune: str
    code: str
    year: int
    due_on: date | None
    today: date


def opened(task: TaskFacts) -> Words:
    return _words(f"Việc mới: {task.step} – {task.commune}", _case(task), _due(task))


def handed(task: TaskFacts, noted: bool) -> Words:
    """Who gave it, and what they said beside it, is read on the task's page only."""
    return _words(
        f"Việc được chuyển đến ông/bà: {task.step} – {task.commune}",
        _case(task),
        "Có lời nhắn ở trang của việc này." if noted else "",
        _due(task),
    )


def stands_in(position: str, unit: str, first: date, last: date) -> Words:
    return _words(
        f"Ông/bà xử lý thay: {position}, {unit}",
        f"Từ {first:%d/%m/%Y} đến hết {last:%d/%m/%Y}.",
        "Trong thời gian đó việc của vị trí này hiện trong danh sách của ông/bà.",
    )


def is_stood_in_for(position: str, unit: str, first: date, last: date) -> Words:
    return _words(
        f"Đã có người xử lý thay ông/bà: {position}, {unit}",
        f"Từ {first:%d/%m/%Y} đến hết {last:%d/%m/%Y}. Ông/bà vẫn giữ đủ quyền của mình.",
    )


def stands_in_no_more(position: str, unit: str, last: date | None) -> Words:
    """`last` None where it never began."""
    return _words(
        f"Kết thúc xử lý thay: {position}, {unit}",
        f"Ngày cuối: {last:%d/%m/%Y}." if last else "Việc đã sắp xếp nay bỏ, chưa có hiệu lực ngày nào.",
    )


def waits_for_round(task: TaskFacts) -> Words:
    return _words(
        f"Chờ đợt xét: {task.step} – {task.commune}",
        _case(task),
        "Bước này hoàn thành bằng văn bản chung của đợt xét công nhận.",
    )


def round_waits(name: str) -> Words:
    return _words(
        f"Chờ quyết định: {name}", "Tờ trình của đợt xét đã được ký; các hồ sơ trong đợt chờ quyết định."
    )


def round_signature_requested(name: str) -> Words:
    return _words(
        f"Trình ký: Tờ trình – {name}", "Tờ trình của đợt xét chờ ông/bà ký hoặc trả lại người soạn."
    )


def round_sent_back(name: str) -> Words:
    return _words(f"Lãnh đạo trả lại bản soạn: Tờ trình – {name}", "Lý do ghi ở trang của đợt xét.")


def round_signed(name: str) -> Words:
    return _words(f"Đã ký Tờ trình: {name}", "Tờ trình đang được chuyển đến Chủ tịch UBND tỉnh.")


def round_decided(name: str, outcomes: Mapping[str, int]) -> Words:
    """`outcomes`: how many cases were recognised, refused, returned, set aside."""
    counts = [f"{text} {outcomes[key]}" for key, text in ROUND_OUTCOMES.items() if outcomes.get(key)]
    return _words(f"Đã ký Quyết định: {name}", f"Số hồ sơ: {', '.join(counts)}." if counts else "")


def set_aside(commune: str, code: str, year: int, name: str) -> Words:
    return _words(
        f"Hồ sơ để lại đợt xét sau – {commune}",
        f"Hồ sơ {code}, năm {year}, được để lại khi quyết định “{name}”.",
        "Lý do ghi ở trang của hồ sơ.",
    )


def draft_waits(name: str) -> Words:
    return _words(
        f"Chờ phê duyệt: bản thảo quy trình “{name}”",
        "Bản thảo do đơn vị khác trình. Ông/bà xem thay đổi về quyền rồi phê duyệt hoặc trả lại.",
    )


def draft_decided(name: str, what: str) -> Words:
    return _words(f"Bản thảo quy trình “{name}” {DRAFT_OUTCOMES[what]}")


def signature_requested(task: TaskFacts) -> Words:
    return _words(f"Trình ký: {task.step} – {task.commune}", _case(task), _due(task))


def sent_back(task: TaskFacts) -> Words:
    return _words(
        f"Lãnh đạo trả lại bản soạn: {task.step} – {task.commune}",
        _case(task),
        "Lý do ghi ở trang của việc này.",
        _due(task),
    )


def returned(task: TaskFacts, criteria: Sequence[str]) -> Words:
    """`criteria` are the ids that must be supplemented, in the order of the annex; none: see the reason."""
    named = (
        f"Chỉ tiêu phải bổ sung: {', '.join(criteria)}." if criteria else "Lý do ghi ở trang của việc này."
    )
    return _words(f"Hồ sơ bị trả lại bổ sung – {task.commune}", _case(task), named, _due(task))


def due_soon(task: TaskFacts) -> Words:
    return _words(f"Sắp đến hạn: {task.step} – {task.commune}", _case(task), _due(task))


def overdue(task: TaskFacts) -> Words:
    return _words(f"Quá hạn: {task.step} – {task.commune}", _case(task), _due(task))


def escalated(task: TaskFacts, unit: str) -> Words:
    return _words(
        f"Báo lãnh đạo, việc quá hạn: {task.step} – {task.commune}",
        f"Việc này đang ở {unit}." if unit else "",
        _case(task),
        _due(task),
    )


def finished(commune: str, code: str, year: int, outcome: str, outcome_name: str) -> Words:
    """`outcome` is the end event; `outcome_name` what the diagram calls it."""
    how = ENDS.get(outcome) or f"đã kết thúc: {outcome_name}"
    return _words(f"{commune}, năm {year}: {how}", f"Hồ sơ {code} đã kết thúc.")


def day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def _case(task: TaskFacts) -> str:
    return f"Hồ sơ {task.code}, năm {task.year}."


def _due(task: TaskFacts) -> str:
    if task.due_on is None:
        return ""
    left = (task.due_on - task.today).days
    if left < 0:
        return f"Hạn xử lý {day(task.due_on)}, quá hạn {-left} ngày."
    return f"Hạn xử lý {day(task.due_on)}, " + ("hết hạn hôm nay." if left == 0 else f"còn {left} ngày.")


def notice(text: str, commune: str, code: str, year: int) -> Words:
    """What a service task of the diagram says, in its own words."""
    return _words(f"{text} – {commune}", f"Hồ sơ {code}, năm {year}.")


def rows_given(task: TaskFacts, criteria: Sequence[str]) -> Words:
    """`criteria` are the ids of the rows, in the order of the annex."""
    return _words(
        f"Chỉ tiêu giao cho ông/bà: {', '.join(criteria)} – {task.commune}",
        f"Bước “{task.step}”.",
        _case(task),
        _due(task),
    )


def rows_taken(task: TaskFacts, criteria: Sequence[str]) -> Words:
    return _words(
        f"Không còn giao cho ông/bà chỉ tiêu {', '.join(criteria)} – {task.commune}",
        f"Bước “{task.step}”.",
        _case(task),
    )


def commented(commune: str, code: str, year: int, criterion: str | None) -> Words:
    """Somebody spoke about the case, or about one criterion of it."""
    about = f"Trao đổi mới về chỉ tiêu {criterion}" if criterion else "Trao đổi mới"
    return _words(f"{about} – {commune}", f"Hồ sơ {code}, năm {year}.", "Nội dung ở thẻ Trao đổi của hồ sơ.")


def _words(title: str, *sentences: str) -> Words:
    short = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"
    return Words(short, " ".join(sentence for sentence in sentences if sentence))
