"""The five components of a dossier as a checklist, with what stands for each so far."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from service.cases.levels import latest_submissions
from service.models import Case
from service.rounds.queries import documents_for_case
from service.tasks.queries import handed_in
from service.web import words


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
    ("a", "Báo cáo kết quả thực hiện các tiêu chí và tài liệu chứng minh của xã", "self_assess"),
    ("b", "Báo cáo kết quả thẩm định của UBND cấp huyện", "district_appraise"),
    ("c", "Kết quả xếp hạng mức độ chuyển đổi số của cấp xã", "district_appraise"),
    ("d", "Ý kiến của Thành viên BCĐ tỉnh phụ trách", "member_opinion"),
    ("e", "Kết quả thẩm tra và Tờ trình của Sở TTTT", "department_verify"),
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
        parts.append(DossierPart(letter, title, element, state, text, tasks.get(element) if given else None))
    return parts


def _text(letter: str, state: str, answers: dict[str, object], case: Case) -> str:
    if state == "missing":
        return "chưa có"
    if state == "stale":
        return "có, trên phiên bản hồ sơ trước"
    if letter == "c":
        number = answers.get("ranking_decision_number") or ""
        points = (
            f"{words.number(answers.get('index_score'))}/{words.number(answers.get('index_maximum'))} điểm"
        )
        return f"{points}, {number} ngày {words.day(str(answers.get('ranking_decision_date') or ''))}".rstrip(
            " ngày"
        )
    if letter == "e":
        return "có Tờ trình" if documents_for_case(case.id) else "đã thẩm tra, chưa có Tờ trình"
    return "đã có"
