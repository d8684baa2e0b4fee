"""What is told below an event of a case: reasons, signed papers, what gateways decided, what moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.erased import ERASED
from service.audit.queries import RecordedEvent
from service.cases.decided import decided
from service.cases.ending import steps_named
from service.cases.papers import SignedPaper, papers_of_acts
from service.database import db
from service.models import Case, Submission
from service.processes.facts import RETURNED
from service.processes.queries import Procedure
from service.wording import _


@dataclass(frozen=True)
class BesideTheLog:
    """What lies beside the log, by the event's seq: reasons, signed papers, steps where a case stopped."""

    reasons: Mapping[int, str]
    papers: Mapping[int, SignedPaper]
    stops: Mapping[int, str]


def beside_the_log(case: Case, events: Iterable[RecordedEvent]) -> BesideTheLog:
    return BesideTheLog(_reasons(case), papers_of_acts(case.id), _stops(case, events))


def _reasons(case: Case) -> dict[int, str]:
    """{seq: why} of returns and refusals: what people wrote lies in their submissions, not in the log."""
    rows = db.session.execute(
        select(Submission.seq, Submission.content).where(
            Submission.case_id == case.id, Submission.action.in_((RETURNED, "refuse"))
        )
    )
    return {seq: str(orjson.loads(content)["answers"].get("reason") or "") for seq, content in rows}


def _stops(case: Case, events: Iterable[RecordedEvent]) -> dict[int, str]:
    """{seq: the steps that were open when the case ended before its time}."""
    return {
        event.seq: "; ".join(steps_named(case, event.data["withdrawn"]))
        for event in events
        if event.data.get("finished") and event.data.get("withdrawn")
    }


def details(
    event: RecordedEvent, bundle: Procedure, hide: frozenset[str], told: BesideTheLog
) -> Iterable[str]:
    data = event.data
    yield from _beside(event, hide, told)
    for decision in data.get("decisions", ()):
        if hide and decision["kind"] == "rule":
            continue
        yield decided(decision, bundle)
    if event.type == ERASED:
        yield _(
            "Căn cứ: %(bases)s. Mã băm và dung lượng của từng mục còn trong nhật ký.",
            bases="; ".join(sorted(set(data["bases"].values()))),
        )
    if event.type == "due_dates_recomputed":
        yield from (_moved_due(one, bundle) for one in (*data["tasks"], *data["timers"]))
    for opened in data.get("opened", ()):
        due = _(", hạn %(due)s", due=day_of(opened["due"])) if opened.get("due") else ""
        yield _("Chuyển đến bước “%(step)s”%(due)s.", step=bundle.element_name(opened["element"]), due=due)
    for thrown in data.get("thrown", ()):
        what = _("tín hiệu") if thrown["kind"] == "signal" else _("thông điệp")
        yield _("Gửi %(what)s “%(name)s”.", what=what, name=thrown["name"])
    if data.get("finished"):
        yield _("Hồ sơ kết thúc: %(step)s.", step=bundle.element_name(data["outcome"] or ""))
    if data.get("stuck"):
        yield _("Hồ sơ dừng bất thường, quản trị viên cần xem xét.")


def _beside(event: RecordedEvent, hide: frozenset[str], told: BesideTheLog) -> Iterable[str]:
    reason = told.reasons.get(event.seq, "")
    if reason and event.data.get("element") not in hide:
        yield _("Lý do: %(reason)s", reason=reason)
    if event.seq in told.papers:
        yield _signed(told.papers[event.seq])
    if event.seq in told.stops:
        yield _("Hồ sơ dừng ở bước “%(steps)s”.", steps=told.stops[event.seq])


def _signed(paper: SignedPaper) -> str:
    """Which paper it was, and the round that it was signed for."""
    document = paper.document
    called = document.title
    if document.number and document.issued_on:
        called = _(
            "%(title)s số %(number)s ngày %(day)s",
            title=document.title,
            number=document.number,
            day=f"{document.issued_on:%d/%m/%Y}",
        )
    elif not document.number:
        called = _("%(title)s (chưa cấp số)", title=document.title)
    if paper.round_name:
        return _("Văn bản: %(called)s; %(round)s.", called=called, round=paper.round_name)
    return _("Văn bản: %(called)s.", called=called)


def _moved_due(moved: Mapping[str, Any], bundle: Procedure) -> str:
    """Which due date or timer came out otherwise: from when to when, and by what."""
    before, after = (
        day_of(moved[name]) if moved[name] else _("không có hạn") for name in ("before", "after")
    )
    name = bundle.element_name(moved["element"])
    if before == after:
        return (
            _(
                "“%(name)s”: hạn vẫn là %(after)s, căn cứ mới: %(why)s.",
                name=name,
                after=after,
                why=moved["why"],
            )
            if "why" in moved
            else f"“{name}”: {after}."
        )
    why = f" ({moved['why']})" if moved.get("why") else ""
    return _(
        "“%(name)s”: hạn từ %(before)s thành %(after)s%(why)s.",
        name=name,
        before=before,
        after=after,
        why=why,
    )


def day_of(iso: str) -> str:
    return f"{date.fromisoformat(iso[:10]):%d/%m/%Y}"
