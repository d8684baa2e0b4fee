"""One case: overview, criteria, dossier, what people say about it, history."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from service.audit.operations import record_access
from service.cases.course import holders, step_line
from service.cases.ending import ending_of
from service.cases.handed_over import receipts_of
from service.cases.levels import criteria_at_all_levels, hidden_levels, levels_of
from service.cases.opinions import stale_opinions
from service.cases.papers import documents_of, files_of
from service.cases.queries import read_case
from service.cases.receipts import was_received
from service.cases.timeline import timeline
from service.cases.topics import TOPICS
from service.comments.operations import LONGEST_BODY
from service.comments.queries import counts_by_criterion, list_comments
from service.comments.rights import speaking_seat
from service.database import transaction
from service.documents.queries import in_my_care, kept_from
from service.errors import NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Viewer
from service.models import Case
from service.processes.queries import procedure
from service.rounds.queries import documents_for_case, may_see_rounds
from service.rounds.set_aside import set_asides
from service.web import case_files, case_levels, pages, words
from service.web.cases import ACTIONS, allowed_actions
from service.web.criteria_grid import by_id
from service.web.dossier import dossier_parts
from service.web.errors import wants_fragment
from service.web.exports import export_choices
from service.wording import Words, marked

TABS = Words(
    {
        "": marked("Tổng quan"),
        "chi-tieu": marked("Chỉ tiêu"),
        "ho-so": marked("Hồ sơ"),
        "trao-doi": marked("Trao đổi"),
        "qua-trinh": marked("Quá trình xử lý"),
    }
)


@pages.get("/ho-so/<uuid:case_id>", endpoint="case_page")
@policy(LOGGED_IN)
def show(case_id: uuid.UUID) -> Any:
    tab = request.args.get("tab", "")
    if tab not in TABS:
        raise NotFound()
    viewer = current_viewer()
    read_case(case_id, viewer)
    _record_view(case_id, viewer, tab or "tong-quan")
    return case_tab(read_case(case_id, viewer), viewer, tab)


def case_tab(case: Case, viewer: Viewer, tab: str, **typed: Any) -> str:
    """The page with one tab open, to htmx the tab alone. `typed`: what a form that comes back holds."""
    hide = hidden_levels(case, viewer)
    counts = counts_by_criterion(case.id, viewer)
    shown = {**_TABS[tab](case, viewer, hide), "comment_counts": counts, **typed}
    return render_template(
        f"_case_{tab or 'overview'}.html" if wants_fragment() else "case.html",
        case=case,
        tab=tab,
        tabs=TABS,
        tab_counts={"trao-doi": sum(counts.values())},
        bundle=procedure(case.process_version_id),
        holders=holders(case.id),
        ending=ending_of(case),
        sees_rounds=may_see_rounds(viewer),
        set_aside=set_asides([case.id]).get(case.id) if case.status != "finished" else None,
        hidden=hide,
        has_receipt=was_received(case.id),
        actions=[(name, _(ACTIONS[name][0])) for name in allowed_actions(case, viewer)],
        **shown,
    )


def _overview(case: Case, _viewer: Viewer, _hide: frozenset[str]) -> dict[str, Any]:
    return {"steps": step_line(case), "parts": dossier_parts(case)}


def _criteria(case: Case, viewer: Viewer, hide: frozenset[str]) -> dict[str, Any]:
    rows = criteria_at_all_levels(case, hide=hide)
    return {
        **case_levels.table(
            rows,
            case.year,
            differing=request.args.get("loc") == "khac-nhau",
            disputed=_disputed(case) if not hide else frozenset(),
        ),
        "stale": stale_opinions(case) if not hide else frozenset(),
        "files": by_id(files_of(case.id, viewer)),
        "groups": procedure(case.process_version_id).catalogue.groups,
    }


def _disputed(case: Case) -> frozenset[str]:
    """What Sở and the member do not agree on, once both have spoken."""
    read = levels_of(case)
    if read.department is None:
        return frozenset()
    return frozenset(one.criterion for one in read.comparison().differences if one.criterion is not None)


def _dossier(case: Case, viewer: Viewer, hide: frozenset[str]) -> dict[str, Any]:
    documents = [*documents_of(case.id), *documents_for_case(case.id)]
    return {
        "parts": dossier_parts(case),
        "files": case_files.lines(
            files_of(case.id, viewer), case_files.attached_now(case.id, viewer, hide=hide)
        ),
        "documents": documents,
        "in_my_care": in_my_care(documents, viewer),
        "kept_copies": kept_from(viewer, case.id),
    }


def _comments(case: Case, viewer: Viewer, hide: frozenset[str]) -> dict[str, Any]:
    year = procedure(case.process_version_id).catalogue.year(case.year)
    criteria = {criterion.id: criterion.name for criterion in year.criteria}
    criterion = request.args.get("chi-tieu", "")
    if criterion and criterion not in criteria:
        raise NotFound(_("Không có chỉ tiêu này."))
    cursor = request.args.get("truoc")
    page = list_comments(case.id, viewer, criterion=criterion or None, cursor=cursor)
    return {
        "comments": list(reversed(page.items)),
        "older": page.next_cursor,
        "criterion": criterion,
        "criteria": criteria,
        "speaking": speaking_seat(case, viewer),
        "longest_body": LONGEST_BODY,
        "member_waits": bool(hide),
    }


def _history(case: Case, viewer: Viewer, hide: frozenset[str]) -> dict[str, Any]:
    topic = request.args.get("loai", "")
    if topic and topic not in TOPICS:
        raise NotFound(_("Không có loại sự kiện này."))
    entries = timeline(case, hide=hide)
    return {
        "exports": export_choices(viewer),
        "topic": topic,
        "topics": {name: words.TOPICS[name] for name in TOPICS if any(one.topic == name for one in entries)},
        "all_entries": len(entries),
        "entries": [one for one in entries if not topic or one.topic == topic],
        "own_receipts": receipts_of(case, viewer),
    }


_TABS: dict[str, Callable[[Case, Viewer, frozenset[str]], dict[str, Any]]] = {
    "": _overview,
    "chi-tieu": _criteria,
    "ho-so": _dossier,
    "trao-doi": _comments,
    "qua-trinh": _history,
}


def _record_view(case_id: uuid.UUID, viewer: Viewer, what: str) -> None:
    with transaction() as session:
        record_access(
            session.connection(),
            "case_viewed",
            {"part": what},
            case_id=case_id,
            by=viewer.actor(),
            at=now(),
        )
