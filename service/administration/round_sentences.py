"""What was done to rounds, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from service.wording import _

if TYPE_CHECKING:
    from service.administration.sentences import Names


def _round(data: Mapping[str, Any], names: Names) -> str:
    """Its name as recorded by the act, else as it is called now."""
    return str(data.get("name") or "") or names.rounds.get(data.get("round", ""), _("đợt không còn"))


def _paper(data: Mapping[str, Any], names: Names) -> str:
    """Number and date of the paper that an act was; "" while it has no number."""
    return names.papers.get(data.get("act", ""), "")


ROUND_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Names], str]] = {
    "round_opened": lambda data, names: _("Lập đợt xét “%(round)s”.", round=_round(data, names)),
    "round_deleted": lambda data, names: _(
        "Xóa đợt xét “%(round)s”, chưa có hồ sơ.", round=_round(data, names)
    ),
    "round_cases_added": lambda data, names: _(
        "Thêm %(count)s hồ sơ vào đợt “%(round)s”.", count=data["count"], round=_round(data, names)
    ),
    "round_case_removed": lambda data, names: _(
        "Bỏ hồ sơ %(case)s khỏi đợt “%(round)s”.",
        case=names.cases.get(data["case"], _("không còn")),
        round=_round(data, names),
    ),
    "round_signature_requested": lambda data, names: _(
        "Trình ký Tờ trình của đợt “%(round)s”.", round=_round(data, names)
    ),
    "round_returned_to_officer": lambda data, names: _(
        "Trả Tờ trình của đợt “%(round)s” lại người soạn.", round=_round(data, names)
    ),
    "round_submission_signed": lambda data, names: _(
        "Ký Tờ trình%(paper)s của đợt “%(round)s”, %(count)s hồ sơ.",
        paper=_paper(data, names),
        round=_round(data, names),
        count=len(data["cases"]),
    ),
    "round_decision_signed": lambda data, names: _(
        "Ký Quyết định%(paper)s của đợt “%(round)s”, %(count)s hồ sơ%(outcomes)s.",
        paper=_paper(data, names),
        round=_round(data, names),
        count=len(data["cases"]),
        outcomes=_outcomes(data["cases"].values()),
    ),
}


def _outcomes(given: Any) -> str:
    """How many cases got what, of those that there are."""
    outcomes = list(given)
    named = {
        "recognise": _("công nhận"),
        "refuse": _("không công nhận"),
        "return": _("chuyển lại Sở"),
        "set_aside": _("để lại đợt sau"),
    }
    parts = [f"{name} {outcomes.count(kind)}" for kind, name in named.items() if kind in outcomes]
    return f" ({', '.join(parts)})" if parts else ""
