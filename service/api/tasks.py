"""/tasks: *Việc cần xử lý* and everything done with one task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service.api.blueprint import ApiBlueprint
from service.api.schemas import Reason
from service.api.schemas_tasks import (
    CompleteInput,
    DraftInput,
    DraftSaved,
    MovedOutput,
    ReturnInput,
    SignInput,
    SubmitInput,
    TaskOutput,
    TaskPage,
    TaskQuery,
)
from service.api.shown import signature_of
from service.clock import local_day
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Task
from service.processes.queries import Procedure, procedure
from service.tasks import operations, queries, worklist
from service.tasks.actions import allowed_actions
from service.tasks.completion import Moved
from service.tasks.wanted import Wanted

bp = ApiBlueprint("tasks", "Việc cần xử lý: nhận, soạn, trình ký, ký, trả lại.")


@bp.get("/tasks")
@policy(LOGGED_IN)
@bp.arguments(TaskQuery, location="query")
@bp.response(200, TaskPage)
def list_tasks(query: dict[str, Any]) -> Any:
    """Your worklist by due date, or as asked: tasks of the groups and units whose seats you hold."""
    wanted = Wanted(
        tab=query["tab"],
        search=query["search"],
        year=query["year"],
        district_id=query["district"],
        element=query["element"],
        holder="mine" if query["mine"] else query["holder"],
        flags=frozenset({query["flag"]} - {""}),
        sort=query["sort"],
    )
    page = {"cursor": query["cursor"], "size": query["size"]}
    return worklist.list_tasks(current_viewer(), wanted, day=local_day(now()), **page)


@bp.get("/tasks/<uuid:task_id>")
@policy(LOGGED_IN)
@bp.response(200, TaskOutput)
def read_task(task_id: UUID) -> Any:
    """A task of a case that you may see: form, draft, and what you may do with it now."""
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/claim")
@policy(LOGGED_IN)
@idempotent
@bp.response(200, TaskOutput)
def claim_task(task_id: UUID) -> Any:
    """*Nhận xử lý*: reserve a task for yourself."""
    operations.claim_task(task_id=task_id, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/release")
@policy(LOGGED_IN)
@idempotent
@bp.response(200, TaskOutput)
def release_task(task_id: UUID) -> Any:
    """Give a reserved task back to the group."""
    operations.release_task(task_id=task_id, by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.put("/tasks/<uuid:task_id>/draft")
@policy(LOGGED_IN)
@bp.arguments(DraftInput)
@bp.response(200, DraftSaved)
def save_draft(body: dict[str, Any], task_id: UUID) -> Any:
    """*Lưu nháp*. Answers 409 `draft-changed` when somebody saved since the `rev` you started from."""
    rev = operations.save_draft(
        task_id=task_id, answers=body["answers"], seen_rev=body["rev"], by=current_viewer(), now=now()
    )
    return {"rev": rev}


@bp.post("/tasks/<uuid:task_id>/submit-for-signature")
@policy(LOGGED_IN)
@bp.arguments(SubmitInput)
@idempotent
@bp.response(200, TaskOutput)
def submit_for_signature(body: dict[str, Any], task_id: UUID) -> Any:
    """*Trình ký*: the officer hands the finished form to the leader."""
    operations.submit_for_signature(
        task_id=task_id, answers=body["answers"], seen_rev=body["rev"], by=current_viewer(), now=now()
    )
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/send-back")
@policy(LOGGED_IN)
@bp.arguments(Reason)
@idempotent
@bp.response(200, TaskOutput)
def send_back(body: dict[str, Any], task_id: UUID) -> Any:
    """The leader gives the prepared form back to the officer."""
    operations.send_back_to_officer(task_id=task_id, reason=body["reason"], by=current_viewer(), now=now())
    return shown_task(task_id)


@bp.post("/tasks/<uuid:task_id>/sign")
@policy(LOGGED_IN)
@bp.arguments(SignInput)
@idempotent
@bp.response(200, MovedOutput)
def sign_task(body: dict[str, Any], task_id: UUID) -> Any:
    """*Ký*: the leader's act on what the officer prepared; the case moves on.

    Give the draft's `rev` that you have read, so that nothing else is signed.
    """
    moved = operations.sign_task(
        task_id=task_id,
        signature=signature_of(body["signature"]),
        seen_rev=body["rev"],
        by=current_viewer(),
        now=now(),
    )
    return _moved(task_id, moved)


@bp.post("/tasks/<uuid:task_id>/complete")
@policy(LOGGED_IN)
@bp.arguments(CompleteInput)
@idempotent
@bp.response(200, MovedOutput)
def complete_task(body: dict[str, Any], task_id: UUID) -> Any:
    """Complete a step that its preparer signs (a member), or that nobody signs."""
    moved = operations.complete_task(
        task_id=task_id,
        answers=body["answers"],
        signature=signature_of(body["signature"]),
        seen_rev=body["rev"],
        by=current_viewer(),
        now=now(),
    )
    return _moved(task_id, moved)


@bp.post("/tasks/<uuid:task_id>/return")
@policy(LOGGED_IN)
@bp.arguments(ReturnInput)
@idempotent
@bp.response(200, MovedOutput)
def return_case(body: dict[str, Any], task_id: UUID) -> Any:
    """*Trả lại bổ sung* as the signer's own act, with reasons per criterion and a new last day."""
    answers: dict[str, Any] = {"reason": body["reason"]}
    if body["criteria_reasons"]:
        answers["criteria_reasons"] = body["criteria_reasons"]
    if body["due_on"]:
        answers["due_on"] = body["due_on"].isoformat()
    moved = operations.return_case(
        task_id=task_id,
        answers=answers,
        signature=signature_of(body["signature"]),
        by=current_viewer(),
        now=now(),
    )
    return _moved(task_id, moved)


def _moved(task_id: UUID, moved: Moved) -> dict[str, Any]:
    case = {"id": moved.case_id, "code": moved.code, "status": moved.status, "outcome": moved.outcome}
    return {"task_id": task_id, "case": case, "opened": moved.opened}


def shown_task(task_id: UUID) -> dict[str, Any]:
    viewer = current_viewer()
    task = queries.read_task(task_id, viewer)
    bundle = procedure(task.case.process_version_id)
    form = bundle.form_of(task.element)
    owner = names_of({task.owner_id}).get(task.owner_id) if task.owner_id else None
    return {
        **{name: getattr(task, name) for name in _PLAIN},
        "code": task.case.code,
        "year": task.case.year,
        "basis": task.case.basis,
        "commune": task.case.commune.name,
        "owner_name": owner,
        "form": None if form is None else _form(bundle, form),
        "allowed_actions": allowed_actions(task, viewer, form),
        **_contents(task, viewer),
    }


def _contents(task: Task, viewer: Viewer) -> dict[str, Any]:
    """Unfinished and former work is for those who prepare or sign this step, and for nobody else."""
    works_on_it = (
        viewer.seat_for_preparing(task.group, task.unit_id) is not None
        or viewer.seat_for_signing(task.group, task.unit_id, task.signer) is not None
    )
    reasons = queries.return_reasons(task, viewer)
    if not works_on_it:
        return {"draft": None, "former_answers": None, "return_reasons": reasons}
    draft = queries.read_draft(task, viewer)
    return {
        "draft": draft or {"rev": 0, "answers": {}, "saved_at": None},
        "former_answers": queries.former_answers(task),
        "return_reasons": reasons,
    }


def _form(bundle: Procedure, form: Any) -> dict[str, Any]:
    return {
        "key": form.key,
        "title": form.title,
        "href": f"/api/v1/processes/{bundle.key}/versions/{bundle.version}/forms/{form.key}",
        "actions": {action.name: action.label for action in form.actions},
    }


_PLAIN = (
    "id",
    "case_id",
    "ref",
    "element",
    "name",
    "group",
    "state",
    "stage",
    "signer",
    "completed_by_round",
    "returned",
    "note",
    "delegated_by",
    "priority",
    "follow_up_on",
    "received_at",
    "due_on",
    "due_reason",
    "due_why",
    "completed_at",
)
