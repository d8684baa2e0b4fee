"""*Quy tắc kiểm tra*: what the gate asks of a drawing, each rule with a wrong and a right one."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template
from flask_babel import gettext as _

from service.engine.check import check
from service.engine.errors import Problem
from service.engine.mending import MENDERS
from service.engine.rules import GROUPS, RULES, WAYS, called_by_drawings, description_of, drawing_of
from service.engine.rules.service import SERVICE
from service.errors import NotFound
from service.http.access import LOGGED_IN, policy
from service.web import pages

# What no modeler could show: the text of the file is what is wrong.
UNREADABLE = frozenset({"xml", "encoding", "doctype", "not-bpmn"})


@pages.get("/quy-trinh/quy-tac", endpoint="rule_list")
@policy(LOGGED_IN)
def show_all() -> Any:
    return render_template("studio/rules.html", groups=GROUPS, count=len(RULES), mendable=MENDERS)


@pages.get("/quy-trinh/quy-tac/<rule>", endpoint="rule_page")
@policy(LOGGED_IN)
def show(rule: str) -> Any:
    entry = RULES.get(rule)
    if entry is None:
        raise NotFound(_("Không có quy tắc này."))
    wrong = drawing_of(rule, "wrong")
    identifiers = list(RULES)
    at = identifiers.index(rule)
    return render_template(
        "studio/rule.html",
        rule=entry,
        before=RULES[identifiers[at - 1]] if at else None,
        after=RULES[identifiers[at + 1]] if at + 1 < len(identifiers) else None,
        text=wrong.decode() if wrong and rule in UNREADABLE else "",
        drawn=wrong is not None and rule not in UNREADABLE,
        described=description_of(rule),
        found=_found(rule, wrong),
        mendable=rule in MENDERS,
    )


@pages.get("/quy-trinh/quy-tac/<rule>/<way>.bpmn", endpoint="rule_drawing")
@policy(LOGGED_IN)
def drawing(rule: str, way: str) -> Any:
    content = drawing_of(rule, WAYS.get(way, ""))
    if content is None:
        raise NotFound(_("Không có sơ đồ này."))
    response = Response(content, mimetype="application/xml")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _found(rule: str, wrong: bytes | None) -> list[Problem]:
    """What the gate says of the wrong drawing; of what concerns the service it has nothing to say alone."""
    if wrong is None or any(one.id == rule for one in SERVICE):
        return []
    called = called_by_drawings() | ({"drawing_process": wrong} if rule == "recursive-call" else {})
    return [problem for problem in check(wrong, called=called) if problem.rule == rule][:1]
