"""/cases: open, read, list, and what happens to a case outside its tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from service.api.blueprint import ApiBlueprint
from service.api.schemas import AfterQuery, Reason
from service.api.schemas_cases import (
    CaseOutput,
    CasePage,
    CaseQuery,
    CommuneList,
    CommuneQuery,
    CriteriaOutput,
    EventPage,
    OpenCaseInput,
    TimelinePage,
    WaiverInput,
)
from service.audit.queries import RecordedEvent, case_events
from service.cases import course, levels, operations, opinions, queries
from service.cases.communes import communes_to_open
from service.cases.timeline import timeline
from service.clock import local_day
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.identity.viewer import Viewer
from service.processes.queries import procedure

bp = ApiBlueprint("cases", "Hồ sơ: mở, đọc, theo dõi quá trình xử lý.")


@bp.get("/cases")
@policy(LOGGED_IN)
@bp.arguments(CaseQuery, location="query")
@bp.response(200, CasePage)
def list_cases(query: dict[str, Any]) -> Any:
    """Cases that you may see, by code."""
    return queries.list_cases(current_viewer(), **query)


@bp.post("/cases")
@policy(LOGGED_IN)
@bp.arguments(OpenCaseInput)
@idempotent
@bp.response(201, CaseOutput)
def open_case(body: dict[str, Any]) -> Any:
    """Open a commune's case.

    Sở opens those of communes assigned to the year; a commune registers its own.
    """
    case_id = operations.open_case(
        commune_id=body["commune_id"], year=body["year"], by=current_viewer(), now=now()
    )
    return _shown(case_id), 201, {"Location": f"/api/v1/cases/{case_id}"}


@bp.get("/communes")
@policy(LOGGED_IN)
@bp.arguments(CommuneQuery, location="query")
@bp.response(200, CommuneList)
def list_communes(query: dict[str, Any]) -> Any:
    """Communes for which you may open a case of the year."""
    return {"items": communes_to_open(current_viewer(), year=query["year"], day=local_day(now()))}


@bp.get("/cases/<uuid:case_id>")
@policy(LOGGED_IN)
@bp.response(200, CaseOutput)
def read_case(case_id: UUID) -> Any:
    """One case: where it stands, who holds it, what it has passed."""
    return _shown(case_id)


@bp.get("/cases/<uuid:case_id>/events")
@policy(LOGGED_IN)
@bp.arguments(AfterQuery, location="query")
@bp.response(200, EventPage)
def list_events(query: dict[str, Any], case_id: UUID) -> Any:
    """The case's append-only log, oldest first."""
    case = queries.read_case(case_id, current_viewer())
    hidden = levels.hidden_levels(case, current_viewer())
    events = case_events(case.id, after=query["after"], limit=query["size"] + 1)
    return _following([_event(event, hidden) for event in events], query["size"])


@bp.get("/cases/<uuid:case_id>/timeline")
@policy(LOGGED_IN)
@bp.arguments(AfterQuery, location="query")
@bp.response(200, TimelinePage)
def read_timeline(query: dict[str, Any], case_id: UUID) -> Any:
    """*Quá trình xử lý*: the log told in Vietnamese sentences."""
    case = queries.read_case(case_id, current_viewer())
    entries = timeline(case, hide=levels.hidden_levels(case, current_viewer()))
    later = [entry.__dict__ for entry in entries if entry.seq > query["after"]]
    return _following(later[: query["size"] + 1], query["size"])


@bp.get("/cases/<uuid:case_id>/criteria")
@policy(LOGGED_IN)
@bp.response(200, CriteriaOutput)
def read_criteria(case_id: UUID) -> Any:
    """The 37 criteria with each level's value side by side.

    Sở sees the member's values only after it has recorded its own.
    """
    case = queries.read_case(case_id, current_viewer())
    hidden = levels.hidden_levels(case, current_viewer())
    return {
        "year": case.year,
        "hidden": sorted(hidden),
        "stale_opinions": sorted(opinions.stale_opinions(case)) if not hidden else [],
        "criteria": [
            {
                "id": row.criterion.id,
                "group": row.criterion.group.id,
                "name": row.criterion.name,
                "target": row.target,
                "assessed": row.assessed,
                "differs": row.differs,
                "values": row.values,
            }
            for row in levels.criteria_at_all_levels(case, hide=hidden)
        ],
    }


@bp.post("/cases/<uuid:case_id>/withdraw")
@policy(LOGGED_IN)
@bp.arguments(Reason)
@idempotent
@bp.response(200, CaseOutput)
def withdraw_case(body: dict[str, Any], case_id: UUID) -> Any:
    """*Rút hồ sơ*: the commune's leader ends the case."""
    return _act(operations.withdraw_case, case_id, body["reason"])


@bp.post("/cases/<uuid:case_id>/dissolve")
@policy(LOGGED_IN)
@bp.arguments(Reason)
@idempotent
@bp.response(200, CaseOutput)
def dissolve_commune(body: dict[str, Any], case_id: UUID) -> Any:
    """*Đơn vị chấm dứt hoạt động*: Sở's leader ends the case of a merged or dissolved commune."""
    return _act(operations.dissolve_commune, case_id, body["reason"])


@bp.post("/cases/<uuid:case_id>/waive-opinion")
@policy(LOGGED_IN)
@bp.arguments(WaiverInput)
@idempotent
@bp.response(200, CaseOutput)
def waive_opinion(body: dict[str, Any], case_id: UUID) -> Any:
    """Go on without the member's opinion: Sở's leader records the Chairman's document of consent."""
    consent = operations.Consent(body["number"], body["issued_on"])
    return _act(operations.go_on_without_opinion, case_id, body["reason"], consent=consent)


def _act(operation: Callable[..., None], case_id: UUID, reason: str, **more: Any) -> dict[str, Any]:
    viewer: Viewer = current_viewer()
    moment: datetime = now()
    operation(case_id=case_id, reason=reason, by=viewer, now=moment, **more)
    return _shown(case_id)


def _shown(case_id: UUID) -> dict[str, Any]:
    case = queries.read_case(case_id, current_viewer())
    bundle = procedure(case.process_version_id)
    return {
        **{name: getattr(case, name) for name in _PLAIN},
        "procedure": {"key": bundle.key, "version": bundle.version},
        "holders": course.holders(case.id),
        "steps": course.step_line(case),
    }


_PLAIN = (
    "id",
    "code",
    "year",
    "commune",
    "district",
    "basis",
    "basis_source",
    "status",
    "outcome",
    "rev",
    "active",
    "awaited",
    "opened_at",
    "finished_at",
    "last_event_at",
)


def _event(event: RecordedEvent, hidden: frozenset[str]) -> dict[str, Any]:
    data = event.data
    if hidden and "decisions" in data:
        # A rule's inputs tell what the hidden level found.
        kept = [decision for decision in data["decisions"] if decision["kind"] != "rule"]
        data = {**data, "decisions": kept}
    return {**event.__dict__, "data": data}


def _following(found: list[dict[str, Any]], size: int) -> dict[str, Any]:
    items = found[:size]
    return {"items": items, "next_after": items[-1]["seq"] if len(found) > size else None}
