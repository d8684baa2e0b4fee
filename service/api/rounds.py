"""/rounds: *đợt xét công nhận*, one Tờ trình and one Decision for many cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from service.api.blueprint import ApiBlueprint
from service.api.schemas import Reason
from service.api.schemas_rounds import (
    ActOutput,
    AddCasesInput,
    AddedOutput,
    CandidateList,
    DecisionInput,
    OpenRoundInput,
    ProposalInput,
    RevOutput,
    RoundList,
    RoundOutput,
    SignRoundInput,
)
from service.api.shown import shown_document, signature_of
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent
from service.rounds import decision, operations, proposal, queries

bp = ApiBlueprint("rounds", "Đợt xét công nhận: một Tờ trình, một Quyết định cho nhiều hồ sơ.")

_SUMMARY = ("id", "year", "number", "name", "state", "opened_at")


@bp.get("/rounds")
@policy(LOGGED_IN)
@bp.response(200, RoundList)
def list_rounds() -> Any:
    """Rounds, newest first; for Sở, the Chairman and auditors."""
    found = queries.list_rounds(current_viewer())
    return {"items": [{**_plain(row.Round), "cases": row.cases} for row in found]}


@bp.post("/rounds")
@policy(LOGGED_IN)
@bp.arguments(OpenRoundInput)
@idempotent
@bp.response(201, RoundOutput)
def open_round(body: dict[str, Any]) -> Any:
    """Open a round of a year (Sở)."""
    round_id = operations.open_round(**body, by=current_viewer(), now=now())
    return _shown(round_id), 201, {"Location": f"/api/v1/rounds/{round_id}"}


@bp.get("/rounds/<uuid:round_id>")
@policy(LOGGED_IN)
@bp.response(200, RoundOutput)
def read_round(round_id: UUID) -> Any:
    """A round: its cases, where each stands, and how far each act has reached."""
    return _shown(round_id)


@bp.get("/rounds/<uuid:round_id>/candidates")
@policy(LOGGED_IN)
@bp.response(200, CandidateList)
def list_candidates(round_id: UUID) -> Any:
    """Cases of the year that wait for a round and are in none."""
    return {"items": queries.candidates(queries.read_round(round_id, current_viewer()))}


@bp.post("/rounds/<uuid:round_id>/cases")
@policy(LOGGED_IN)
@bp.arguments(AddCasesInput)
@idempotent
@bp.response(200, AddedOutput)
def add_cases(body: dict[str, Any], round_id: UUID) -> Any:
    """Take waiting cases into the round."""
    added = operations.add_cases(round_id=round_id, case_ids=body["case_ids"], by=current_viewer(), now=now())
    return {"added": added}


@bp.delete("/rounds/<uuid:round_id>/cases/<uuid:case_id>")
@policy(LOGGED_IN)
@bp.response(204)
def remove_case(round_id: UUID, case_id: UUID) -> Any:
    """Take a case out again before the Tờ trình is signed."""
    operations.remove_case(round_id=round_id, case_id=case_id, by=current_viewer(), now=now())


@bp.put("/rounds/<uuid:round_id>/proposal")
@policy(LOGGED_IN)
@bp.arguments(ProposalInput)
@bp.response(200, RevOutput)
def save_proposal(body: dict[str, Any], round_id: UUID) -> Any:
    """Keep the text of the Tờ trình; 409 when somebody saved since your `rev`."""
    rev = proposal.save_proposal(
        round_id=round_id, text=body["text"], seen_rev=body["rev"], by=current_viewer(), now=now()
    )
    return {"rev": rev}


@bp.post("/rounds/<uuid:round_id>/submit-for-signature")
@policy(LOGGED_IN)
@idempotent
@bp.response(200, RoundOutput)
def submit_round_for_signature(round_id: UUID) -> Any:
    """*Trình ký* the Tờ trình."""
    proposal.submit_round_for_signature(round_id=round_id, by=current_viewer(), now=now())
    return _shown(round_id)


@bp.post("/rounds/<uuid:round_id>/send-back")
@policy(LOGGED_IN)
@bp.arguments(Reason)
@idempotent
@bp.response(200, RoundOutput)
def send_round_back(body: dict[str, Any], round_id: UUID) -> Any:
    """The leader gives the draft Tờ trình back to the officer."""
    proposal.send_round_back(round_id=round_id, reason=body["reason"], by=current_viewer(), now=now())
    return _shown(round_id)


@bp.post("/rounds/<uuid:round_id>/sign")
@policy(LOGGED_IN)
@bp.arguments(SignRoundInput)
@idempotent
@bp.response(200, ActOutput)
def sign_submission(body: dict[str, Any], round_id: UUID) -> Any:
    """Sign the Tờ trình once; each case's own task is then completed by it."""
    act_id = proposal.sign_submission(
        round_id=round_id,
        signature=signature_of(body["signature"]),
        seen_rev=body["rev"],
        by=current_viewer(),
        now=now(),
    )
    return {"act_id": act_id}


@bp.post("/rounds/<uuid:round_id>/decide")
@policy(LOGGED_IN)
@bp.arguments(DecisionInput)
@idempotent
@bp.response(200, ActOutput)
def decide_round(body: dict[str, Any], round_id: UUID) -> Any:
    """The Chairman's Decision, once for every case of the round."""
    outcomes = {item["case_id"]: (item["outcome"], item["reason"]) for item in body["outcomes"]}
    if len(outcomes) < len(body["outcomes"]):
        raise BadInput(fields={"outcomes": [_("Một hồ sơ được ghi hai lần.")]})
    act_id = decision.decide_round(
        round_id=round_id,
        outcomes=outcomes,
        signature=signature_of(body["signature"]),
        by=current_viewer(),
        now=now(),
    )
    return {"act_id": act_id}


def _plain(round_: Any) -> dict[str, Any]:
    return {name: getattr(round_, name) for name in _SUMMARY}


def _shown(round_id: UUID) -> dict[str, Any]:
    round_ = queries.read_round(round_id, current_viewer())
    lines = queries.lines_of(round_)
    return {
        **_plain(round_),
        "rev": round_.rev,
        "cases": len(lines),
        "text": round_.draft.get("text", ""),
        "sent_back": round_.draft.get("returned", ""),
        "lines": [
            {
                "case_id": line.item.case_id,
                "code": line.item.case.code,
                "commune": line.commune,
                "list": line.item.list,
                "outcome": line.item.outcome,
                "reason": line.item.reason,
                "standing": line.standing,
                "deliveries": line.deliveries,
            }
            for line in lines
        ],
        "acts": [
            {
                "kind": progress.act.kind,
                "reached": progress.reached,
                "refused": progress.refused,
                "total": progress.total,
                "document": shown_document(progress.document),
            }
            for progress in queries.acts_of(round_)
        ],
    }
