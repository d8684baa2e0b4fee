"""The five components of a dossier as a checklist, with what stands for each so far."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask_babel import gettext as _

from service.cases.levels import latest_submissions
from service.models import Case
from service.rounds.queries import documents_for_case
from service.tasks.queries import handed_in
from service.web import words
from service.wording import marked


@dataclass(frozen=True)
class DossierPart:
    """`state`: done | stale (an older version of the dossier) | missing; `text` says so."""

    letter: str
    title: str
    # The step that hands it in.
    element: str
    state: str
    text: str
    # The task that handed it in, to read it there.
    task_id: uuid.UUID | None


PARTS = (
    ("a", marked("Báo cáo kết quả thực hiện các tiêu chí và tài liệu chứng minh của xã"), "self_assess"),
    ("b", marked("Báo cáo kết quả thẩm định của UBND cấp huyện"), "district_appraise"),
    ("c", marked("Kết quả xếp hạng mức độ chuyển đổi số của cấp xã"), "district_appraise"),
    ("d", marked("Ý kiến của Thành viên BCĐ tỉnh phụ trách"), "member_opinion"),
    ("e", marked("Kết quả thẩm tra và Tờ trình của Sở TTTT"), "department_verify"),
)


def dossier_parts(case: Case) -> list[DossierPart]:
    latest = {element: (content, current) for element, content, current in latest_submissions(case)}
    tasks = handed_in(case.id)
    parts = []
    for letter, title, element in PARTS:
        content, current = latest.get(element, ({"answers": {}}, False))
        answers = content["answers"]
        given = element in latest and (letter != "c" or bool(answers.get("index_score")))
        state = "done" if given and current else "stale" if given else "missing"
        text = _text(letter, state, answers, case)
        parts.append(
            DossierPart(letter, _(title), element, state, text, tasks.get(element) if given else None)
        )
    return parts


def _text(letter: str, state: str, answers: dict[str, object], case: Case) -> str:
    if state == "missing":
        return _("chưa có")
    if state == "stale":
        return _("có, trên phiên bản hồ sơ trước")
    if letter == "c":
        points = _(
            "%(score)s/%(maximum)s điểm",
            score=words.number(answers.get("index_score")),
            maximum=words.number(answers.get("index_maximum")),
        )
        number = answers.get("ranking_decision_number") or ""
        if not (day := words.day(str(answers.get("ranking_decision_date") or ""))):
            return f"{points}, {number}"
        return _("%(points)s, %(number)s ngày %(day)s", points=points, number=number, day=day)
    if letter == "e":
        return _("có Tờ trình") if documents_for_case(case.id) else _("đã thẩm tra, chưa có Tờ trình")
    return _("đã có")
