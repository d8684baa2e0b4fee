"""A course: what somebody lets happen to a case that does not exist, act by act, as plain JSON.

Acts name elements, never occurrences, so that a course still fits a draft with one more loop:

    {"act": "start", "day": "2023-11-20", "year": 2023, "district": "thi-xa-bim-son"}
    {"act": "complete", "what": "self_assess", "answers": {"action": "complete", …},
     "who": "Bà An", "signer": "Ông Bình"}
    {"act": "wait", "day": "2023-12-05"}          time goes on to that morning; what is due by then fires
    {"act": "timer", "what": "reminder"}          time goes on until this timer fires
    {"act": "message" | "signal", "what": <name>, "answers": {"paid": "true"}}
    {"act": "job", "what": <element>, "answers": {…}}, {"act": "fail", "what": <element>, "code": "E1"}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from service.errors import BadInput
from service.wording import _

START, COMPLETE, WAIT, TIMER, MESSAGE, SIGNAL, JOB, FAIL = (
    "start",
    "complete",
    "wait",
    "timer",
    "message",
    "signal",
    "job",
    "fail",
)
KINDS = frozenset({START, COMPLETE, WAIT, TIMER, MESSAGE, SIGNAL, JOB, FAIL})
MOST_ACTS, LONGEST_COURSE, LONGEST_NAME = 300, 600_000, 255
MOST_VALUES, LONGEST_VALUE, LONGEST_PERSON = 50, 500, 60
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class CourseRefused(BadInput):
    """An act that cannot be done; `number` is its place in the course, from 1, `fields` as of its form."""

    code = "course-refused"

    def __init__(
        self, number: int, sentence: str, *, of: str = "", fields: Mapping[str, list[str]] | None = None
    ) -> None:
        where = _("Bước %(number)s", number=number) + (f" (“{of}”)" if of else "")
        super().__init__(f"{where}: {sentence}", fields=fields)
        self.number = number
        self.sentence = sentence


@dataclass(frozen=True)
class Act:
    """One act. `answers` are those of a form, or the texts that a message, signal or job brings along.

    `who` did a step and `signer` signed it, by the names that are given to them while playing; "" is somebody
    who does nothing else in the case.
    """

    kind: str
    what: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    day: date | None = None
    year: int = 0
    district: str = ""
    code: str = ""
    who: str = ""
    signer: str = ""

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"act": self.kind}
        if self.kind == START:
            told |= {"year": self.year, "district": self.district}
        if self.day is not None:
            told["day"] = self.day.isoformat()
        if self.what:
            told["what"] = self.what
        if self.answers:
            told["answers"] = _compact(self.answers)
        for key in ("code", "who", "signer"):
            if getattr(self, key):
                told[key] = getattr(self, key)
        return told


def course_of(acts: Sequence[Act]) -> list[dict[str, Any]]:
    return [act.as_json() for act in acts]


def as_text(acts: Sequence[Act]) -> str:
    """The course as a page carries it."""
    return orjson.dumps(course_of(acts)).decode()


def read_text(text: str) -> tuple[Act, ...]:
    """Raises BadInput, or CourseRefused naming the act."""
    if len(text) > LONGEST_COURSE:
        raise BadInput(_("Diễn biến chạy thử quá dài. Hãy lùi vài bước, hoặc làm lại từ đầu."))
    try:
        document = orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        raise BadInput(_("Không đọc được diễn biến chạy thử. Hãy làm lại từ đầu.")) from error
    return read_course(document)


def read_course(document: object) -> tuple[Act, ...]:
    """The acts of a course as it is kept; raises BadInput, or CourseRefused naming the act."""
    if not isinstance(document, list):
        raise BadInput(_("Không đọc được diễn biến chạy thử. Hãy làm lại từ đầu."))
    if len(document) > MOST_ACTS:
        raise BadInput(_("Một lần chạy thử có nhiều nhất %(most)s bước.", most=MOST_ACTS))
    acts = tuple(_act(number, one) for number, one in enumerate(document, 1))
    for number, act in enumerate(acts, 1):
        if (act.kind == START) is not (number == 1):
            raise CourseRefused(number, _("Bước đầu tiên, và chỉ bước đầu tiên, là mở hồ sơ."))
    return acts


def _act(number: int, given: object) -> Act:
    if not isinstance(given, Mapping) or given.get("act") not in KINDS:
        raise CourseRefused(number, _("Không có loại bước này."))
    kind, answers = given["act"], given.get("answers", {})
    who, signer = (person_of(given.get(key, "")) if kind == COMPLETE else "" for key in ("who", "signer"))
    if who is None or signer is None:
        raise CourseRefused(number, _("Tên người làm hoặc người ký không hợp lệ."))
    what, code, district = (given.get(key, "") for key in ("what", "code", "district"))
    if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in (what, code, district)):
        raise CourseRefused(number, _("Tên phần tử, mã lỗi hoặc mã huyện không hợp lệ."))
    if not isinstance(answers, Mapping) or (kind != COMPLETE and not _plain(answers)):
        raise CourseRefused(number, _("Giá trị kèm theo không hợp lệ."))
    return Act(
        kind=kind,
        what=what,
        answers=answers,
        day=_day(number, given.get("day")) if kind in (START, WAIT) else None,
        year=_year(number, given.get("year")) if kind == START else 0,
        district=district,
        code=code,
        who=who,
        signer=signer,
    )


def person_of(name: object) -> str | None:
    """A name as somebody typed it; None for what is none."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        return None
    called = " ".join(name.split())
    return called if len(called) <= LONGEST_PERSON and (not called or called.isprintable()) else None


def _plain(answers: Mapping[str, Any]) -> bool:
    return len(answers) <= MOST_VALUES and all(
        isinstance(key, str) and isinstance(value, str) and len(key) <= 64 and len(value) <= LONGEST_VALUE
        for key, value in answers.items()
    )


def _day(number: int, text: object) -> date:
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise CourseRefused(
            number, _("Ghi ngày từ năm 2000 đến năm 2099, ví dụ 04/05/2024."), fields={"day": []}
        )
    return day


def _year(number: int, year: object) -> int:
    if not isinstance(year, int) or isinstance(year, bool) or not FIRST_DAY.year <= year <= LAST_DAY.year:
        raise CourseRefused(number, _("Năm của hồ sơ không hợp lệ."), fields={"year": []})
    return year


def _compact(value: Any) -> Any:
    """Without what says nothing: a table of forty rows has four hundred empty cells."""
    if isinstance(value, Mapping):
        return {key: _compact(item) for key, item in value.items() if item not in (None, "", [], {})}
    return value
