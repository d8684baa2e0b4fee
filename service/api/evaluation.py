"""/evaluation: results against the criteria of a year, without case or database.

The answer is that of `congnhan evaluate --json`.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from evaluation.assessment import Entry, assess_all
from evaluation.catalogue import YearCatalogue, load_catalogue
from evaluation.errors import EvaluationError
from evaluation.recognition import conclude, parse_index
from evaluation.report import report_json
from evaluation.values import read_result
from service.api.blueprint import ApiBlueprint
from service.api.fields import Input, Object, Text, Whole
from service.api.schemas import told
from service.errors import BadInput
from service.http.access import LOGGED_IN, policy
from service.http.idempotency import idempotent

bp = ApiBlueprint("evaluation", "Đánh giá kết quả theo bộ tiêu chí của năm.")

LONGEST_RESULT = 2000
MOST_RESULTS = 100


class EvaluationInput(Input):
    year = Whole(least=1900, most=9999, required=True, metadata=told("The year assessed.", 2023))
    results = Object(
        required=True,
        validate=validate.Length(max=MOST_RESULTS, error=f"Tối đa {MOST_RESULTS} tiêu chí."),
        metadata=told(
            "Criterion (text: 1.10 is not 1.1) to result as people write it.", {"2.6": "54,4%", "1.1": "Có"}
        ),
    )
    index = Text(
        longest=60,
        load_default=None,
        allow_none=True,
        metadata=told("Points out of the maximum.", "712,5/1000"),
    )
    index_source = Text(
        longest=200,
        load_default="không nêu văn bản",
        metadata=told("The document it comes from.", "QĐ 2017/QĐ-UBND"),
    )


class CriterionResult(Schema):
    target = fields.String(metadata=told("What must be reached that year.", "55%"))
    raw = fields.String(metadata=told("", "54,4%"))
    verdict = fields.String(
        metadata=told("met | not_met | undecided | missing | not_applicable | not_assessed")
    )
    why = fields.String(metadata=told("", "54,4% < 55%: chưa đạt"))


class IndexResult(Schema):
    score = fields.String(metadata=told("Decimal text.", "712.5"))
    maximum = fields.String(metadata=told("", "1000"))
    percent = fields.String(metadata=told("", "71.25"))
    met = fields.Boolean()


class EvaluationOutput(Schema):
    """Verdict per criterion and the conclusion of Điều 2."""

    year = fields.Integer()
    catalogue = fields.String(metadata=told("", "qd-1829"))
    criteria = fields.Dict(keys=fields.String(), values=fields.Nested(CriterionResult))
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata=told("How many of each verdict.")
    )
    index = fields.Nested(IndexResult, allow_none=True)
    eligible = fields.String(metadata=told("yes | no | undecided", "no"))
    reasons = fields.List(fields.String())


@bp.post("/evaluation")
@policy(LOGGED_IN)
@bp.arguments(EvaluationInput)
@idempotent
@bp.response(200, EvaluationOutput)
def evaluate(body: dict[str, Any]) -> Any:
    """Evaluate results of one year. Nothing is stored."""
    catalogue = load_catalogue()
    try:
        year = catalogue.year(body["year"])
    except EvaluationError as error:
        raise BadInput(error.message, fields={"year": [error.message]}) from error
    try:
        index = parse_index(body["index"], body["index_source"]) if body["index"] is not None else None
    except EvaluationError as error:
        raise BadInput(error.message, fields={"index": [error.message]}) from error
    results = assess_all(_entries(body["results"], year), year.year, catalogue)
    return report_json(results, index, conclude(results, index, year.year, catalogue), year.year, catalogue)


def _entries(given: dict[str, Any], year: YearCatalogue) -> dict[str, Entry]:
    """Everything or nothing: one unreadable result and the whole is refused, each field named."""
    entries: dict[str, Entry] = {}
    problems: dict[str, list[str]] = {}
    for key, raw in given.items():
        field = f"results.{key[:20]}"
        if raw is not None and (not isinstance(raw, str) or len(raw) > LONGEST_RESULT):
            problems[field] = [f"Kết quả phải là chữ, tối đa {LONGEST_RESULT} ký tự."]
            continue
        try:
            criterion = year.criterion(key)
            read_result(raw or "", criterion.targets[year.year])
        except EvaluationError as error:
            problems[field] = [error.message]
            continue
        if criterion.id in entries:
            problems[field] = [f"Chỉ tiêu {criterion.id} được ghi hai lần."]
        entries[criterion.id] = Entry(raw or "")
    if problems:
        raise BadInput(fields=problems)
    return entries
