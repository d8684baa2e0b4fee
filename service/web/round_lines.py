"""A case in a round's page: what is proposed and chosen for it, and by what it is looked for."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from service.rounds.queries import RoundLine

PROPOSED = "as_proposed"


def proposal(line: RoundLine) -> tuple[str, str]:
    """(outcome, reason) as Sở's Tờ trình proposes."""
    if line.standing.list != "not_proposed":
        return "recognise", ""
    # The sentence that counts is no reason, whatever opinions it names.
    against = [
        reason
        for reason in line.standing.reasons
        if "chưa" in reason.lower() and "chỉ tiêu được đánh giá năm" not in reason
    ]
    return "refuse", " ".join(against or line.standing.reasons)[:2000]


def chosen_outcome(line: RoundLine) -> tuple[str, str]:
    chosen = request.form.get(f"outcome.{line.item.case_id}", PROPOSED)
    reason = request.form.get(f"reason.{line.item.case_id}", "")
    if chosen == PROPOSED:
        outcome, why = proposal(line)
        return outcome, "" if outcome == "recognise" else reason or why
    return chosen, reason


def place_of(line: RoundLine) -> str:
    """The field of a case where what is wrong with its outcome is mended: the reason, or the choice."""
    outcome, reason = chosen_outcome(line)
    for_want_of_reason = outcome != "recognise" or line.standing.left_to_chairman
    return f"{'reason' if for_want_of_reason and not reason.strip() else 'outcome'}-{line.item.case_id}"


def kinds(line: RoundLine) -> str:
    """What a case may be looked for by, beside its name: the names of `finder`."""
    standing = line.standing
    found = {
        "not_proposed": standing.list == "not_proposed",
        "open": standing.open_disagreements or standing.left_to_chairman,
        "differs": standing.disagreements,
        "not_applicable": standing.not_applicable,
        "warning": standing.warnings,
    }
    return " ".join(name for name, holds in found.items() if holds)


def finder(lines: list[RoundLine], *, deciding: bool) -> list[tuple[str, str]]:
    """The filters above a round's cases: (name, text) of those that find any."""
    filters = {
        "not_proposed": _("Không đề nghị công nhận"),
        "open": _("Còn ý kiến khác nhau"),
        "differs": _("Sở và Thành viên từng khác nhau"),
        "not_applicable": _("Có chỉ tiêu không áp dụng"),
        "warning": _("Khác thẩm định của huyện"),
    }
    there = {name for line in lines for name in kinds(line).split()}
    return [
        ("all", _("Tất cả")),
        *((name, text) for name, text in filters.items() if name in there),
        *([("otherwise", _("Quyết định khác đề nghị"))] if deciding else []),
    ]
