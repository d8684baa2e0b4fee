"""Cases that were sent back more often than a number: each return, by whom, from which step, why."""

from __future__ import annotations

from collections import Counter

import orjson
from sqlalchemy import select

from service.database import db, table_of
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Submission
from service.processes.facts import RETURNED
from service.processes.queries import procedure
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.kinds import moment
from service.questions.scope import case_facts, in_span, only_of_cases, readable_contents
from service.wording import _, marked

COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Lần trả lại"),
    marked("Bước trả lại"),
    marked("Người ký"),
    marked("Lúc"),
    marked("Lý do"),
)


def returned_often(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """Every return of the cases with more than `asked.returns` of them in the span, those with most first."""
    cases = case_facts(viewer, asked)
    sent = table_of(Submission).c
    rows = [
        row
        for row in db.session.execute(
            select(sent.case_id, sent.seq, sent.element, sent.signed_by, sent.signed_at)
            .where(
                sent.action == RETURNED,
                *in_span(asked, sent.signed_at),
                *only_of_cases(sent.case_id, viewer, asked),
            )
            .order_by(sent.case_id, sent.seq)
        )
        if str(row.case_id) in cases
    ]
    times = Counter(row.case_id for row in rows)
    often = [row for row in rows if times[row.case_id] > asked.returns]
    numbers: Counter[object] = Counter()
    numbered = []
    for row in often:
        numbers[row.case_id] += 1
        numbered.append((row, numbers[row.case_id]))
    page, following = page_of(
        numbered,
        lambda one: (-times[one[0].case_id], cases[str(one[0].case_id)].code, one[0].seq),
        cursor,
        size,
    )
    names = names_of({row.signed_by for row, _number in page})
    reasons = readable_contents(viewer, [(row.case_id, row.seq) for row, _number in page])
    lines = []
    for row, number in page:
        case = cases[str(row.case_id)]
        content = reasons.get((row.case_id, row.seq))
        lines.append(
            Line(
                (
                    f"{case.commune}, {case.code}",
                    _("%(number)s/%(all)s", number=number, all=times[row.case_id]),
                    procedure(case.version_id).element_name(row.element),
                    names.get(row.signed_by, ""),
                    moment(row.signed_at),
                    str(orjson.loads(content)["answers"].get("reason") or "")
                    if content
                    else _("(chưa được xem: Sở chưa ghi kết quả thẩm tra)"),
                ),
                case.id,
                row.seq,
            )
        )
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=lines,
        total=len(often),
        summary=_(
            "%(cases)s hồ sơ bị trả lại hơn %(times)s lần, tất cả %(all)s lần trả lại.",
            cases=len({row.case_id for row in often}),
            times=asked.returns,
            all=len(often),
        )
        if often
        else _("Không có hồ sơ nào bị trả lại hơn %(times)s lần.", times=asked.returns),
        next_cursor=following,
    )
