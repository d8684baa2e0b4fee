"""Rounds: what goes in, what comes out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from service.api.fields import Choice, Id, Input, Items, Part, Text, Whole
from service.api.schemas import DocumentOutput, SignatureInput, told
from service.rounds.decision import OUTCOMES
from service.rounds.proposal import LONGEST_TEXT

MOST_CASES = 1000


def _at_most(description: str) -> validate.Length:
    return validate.Length(min=1, max=MOST_CASES, error=f"Từ 1 đến {MOST_CASES} {description}.")


class OpenRoundInput(Input):
    year = Whole(least=1900, most=9999, required=True, metadata=told("The year assessed.", 2023))
    name = Text(longest=200, load_default="", metadata=told("Default: “Đợt 1 năm 2023”."))


class RoundSummary(Schema):
    id = fields.UUID()
    year = fields.Integer()
    number = fields.Integer(metadata=told("Counted within the year; the second and later are supplementary."))
    name = fields.String(metadata=told("", "Đợt 1 năm 2023"))
    state = fields.String(metadata=told("gathering | signing | submitted | decided", "gathering"))
    cases = fields.Integer(metadata=told("How many cases are in it."))
    opened_at = fields.AwareDateTime()


class RoundList(Schema):
    items = fields.List(fields.Nested(RoundSummary))


class StandingOutput(Schema):
    """Where a case stands before the Chairman."""

    list = fields.String(metadata=told("assigned | registered | not_proposed"))
    eligible = fields.String(metadata=told("yes | no | undecided"))
    reasons = fields.List(fields.String())
    disagreements = fields.List(
        fields.String(), metadata=told("How Sở and the member differed, and what became of it.")
    )
    open_disagreements = fields.List(
        fields.String(),
        metadata=told(
            "Criteria still disputed after the meeting; “kết luận chung” for the overall opinions."
        ),
    )
    not_applicable = fields.List(fields.String())
    left_to_chairman = fields.Boolean(
        metadata=told("Nothing but what is still disputed stands against recognition.")
    )
    index = fields.String(metadata=told("The ranking index in a sentence."))
    warnings = fields.List(fields.String(), metadata=told("Where Sở and the district differ: a warning."))
    overall = fields.String(metadata=told("The member's overall yes | no, else criteria | none."))
    opinion = fields.String(metadata=told("The words of that opinion, their beginning where they are long."))
    notes = fields.List(fields.String(), metadata=told("For how many criteria the overall opinion spoke."))


class RoundLineOutput(Schema):
    case_id = fields.UUID()
    code = fields.String()
    commune = fields.String()
    list = fields.String(metadata=told("assigned | registered | not_proposed"))
    outcome = fields.String(
        allow_none=True, metadata=told("recognise | refuse | return | set_aside, once decided.")
    )
    reason = fields.String()
    standing = fields.Nested(StandingOutput)
    deliveries = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata=told("How each act reached the case.")
    )


class ProgressOutput(Schema):
    """How far an act has reached (57/118)."""

    kind = fields.String(metadata=told("submission (Tờ trình) | decision"))
    reached = fields.Integer()
    refused = fields.Integer(metadata=told("Cases that had left the procedure meanwhile."))
    total = fields.Integer()
    document = fields.Nested(DocumentOutput)


class RoundOutput(RoundSummary):
    rev = fields.Integer(metadata=told("Send it back when saving the proposal."))
    text = fields.String(metadata=told("The Tờ trình being prepared."))
    sent_back = fields.String(metadata=told("Why the leader gave it back to the officer."))
    lines = fields.List(fields.Nested(RoundLineOutput))
    acts = fields.List(fields.Nested(ProgressOutput))


class CandidateOutput(Schema):
    id = fields.UUID()
    code = fields.String()
    basis = fields.String()
    commune = fields.String()


class CandidateList(Schema):
    items = fields.List(fields.Nested(CandidateOutput))


class AddCasesInput(Input):
    case_ids = Items(
        Id(), required=True, validate=_at_most("hồ sơ"), metadata=told("Cases that wait for a round.")
    )


class AddedOutput(Schema):
    added = fields.Integer(metadata=told("How many came in; those already in are passed over."))


class ProposalInput(Input):
    text = Text(longest=LONGEST_TEXT, required=True, metadata=told("The text of the Tờ trình."))
    rev = Whole(required=True, metadata=told("The round's `rev` that you started from."))


class RevOutput(Schema):
    rev = fields.Integer()


class SignRoundInput(Input):
    signature = Part(SignatureInput, load_default=None, allow_none=True)
    rev = Whole(
        load_default=None,
        allow_none=True,
        metadata=told("The round's `rev` that you have read, so that nothing else is signed."),
    )


class OutcomeInput(Input):
    case_id = Id(required=True)
    outcome = Choice(*OUTCOMES, required=True, metadata=told("", "recognise"))
    reason = Text(longest=2000, load_default="", metadata=told("Required for everything but a recognition."))


class DecisionInput(Input):
    signature = Part(SignatureInput, load_default=None, allow_none=True)
    outcomes = Items(
        Part(OutcomeInput),
        required=True,
        validate=_at_most("kết quả"),
        metadata=told("One for every case in the round."),
    )


class ActOutput(Schema):
    act_id = fields.UUID(metadata=told("The act; the cases follow one by one, see `acts` of the round."))
