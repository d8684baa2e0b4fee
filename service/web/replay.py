"""*Xem lại diễn biến*: a case at any moment of its course, with what can be checked about it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from service.audit.folding import fold
from service.audit.operations import record_access
from service.cases.levels import criteria_at_all_levels, hidden_levels
from service.cases.papers import files_of
from service.cases.queries import list_cases, read_case
from service.database import transaction
from service.errors import BadInput, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.models import Case
from service.processes.queries import procedure
from service.replay.comparing import Course, compared, course_of, intended
from service.replay.history import read_history
from service.replay.moments import Moment, moments
from service.replay.opened import may_read_accesses
from service.replay.seals import seals_of
from service.replay.sight import sights
from service.replay.telling import part_of_record, value_text
from service.web import case_levels, pages, words
from service.web.criteria_grid import by_id
from service.web.errors import wants_fragment

MOST_DIGITS = 7


@pages.get("/ho-so/<uuid:case_id>/dien-bien", endpoint="replay_page")
@policy(LOGGED_IN)
def show(case_id: uuid.UUID) -> Any:
    viewer = current_viewer()
    read_case(case_id, viewer)
    _recorded(case_id, "dien-bien")
    case = read_case(case_id, viewer)
    history = read_history(case_id)
    hide = hidden_levels(case, viewer)
    seen = moments(case, history, hide=hide, with_accesses=may_read_accesses(viewer))
    chosen = _chosen(len(seen))
    return render_template(
        "replay.html",
        case=case,
        bundle=history.procedure,
        moments=seen,
        moment=seen[chosen - 1],
        tokens=[_tokens(one, history.procedure.definition) for one in seen],
        hidden=hide,
        value_text=value_text,
    )


@pages.get("/ho-so/<uuid:case_id>/dien-bien/chi-tieu", endpoint="replay_levels")
@policy(LOGGED_IN)
def levels(case_id: uuid.UUID) -> Any:
    """The four levels side by side as they stood after an event."""
    viewer = current_viewer()
    case = read_case(case_id, viewer)
    history = read_history(case_id)
    chosen = _chosen(len(history.events))
    hide = hidden_levels(case, viewer)
    rows = criteria_at_all_levels(case, hide=hide, until=chosen)
    return render_template(
        "replay_levels.html",
        case=case,
        at=history.events[chosen - 1].at,
        chosen=chosen,
        hidden=hide,
        **case_levels.table(rows, case.year, differing=False),
        files=by_id(files_of(case.id, viewer)),
        groups=procedure(case.process_version_id).catalogue.groups,
    )


@pages.get("/ho-so/<uuid:case_id>/dien-bien/nguoi-xem", endpoint="replay_sights")
@policy(LOGGED_IN)
def who_saw(case_id: uuid.UUID) -> Any:
    """Who could see the case then, what was hidden from them, what was theirs to do."""
    case = read_case(case_id, current_viewer())
    history = read_history(case_id)
    chosen = _chosen(len(history.events))
    folded = fold(event.body for event in history.events[:chosen])
    return render_template(
        "replay_sights.html",
        case=case,
        at=history.events[chosen - 1].at,
        chosen=chosen,
        sights=sights(case, history, folded),
    )


@pages.get("/ho-so/<uuid:case_id>/dien-bien/niem-phong", endpoint="replay_seals")
@policy(LOGGED_IN)
def seals(case_id: uuid.UUID) -> Any:
    """Checked anew each time it is asked for."""
    case = read_case(case_id, current_viewer())
    template = "_replay_seals.html" if wants_fragment() else "replay_seals.html"
    return render_template(
        template,
        case=case,
        seals=seals_of(case_id, settings()),
        checked_at=now(),
        part_of_record=part_of_record,
    )


@pages.get("/ho-so/<uuid:case_id>/dien-bien/so-sanh", endpoint="replay_comparison")
@policy(LOGGED_IN)
def comparison(case_id: uuid.UUID) -> Any:
    """Two cases step by step, or one and the way that leads to its end without any return."""
    viewer = current_viewer()
    case = read_case(case_id, viewer)
    mine = course_of(read_history(case_id), case)
    code, error, status = request.args.get("voi", "").strip(), "", 200
    other: Course | None = None
    if code:
        try:
            found = _case_of_code(code)
            other = course_of(read_history(found.id), found)
        except (BadInput, NotFound) as problem:
            error, status = str(problem), problem.status
    body = render_template(
        "replay_comparison.html",
        case=case,
        mine=mine,
        other=other,
        code=code,
        error=error,
        lines=compared(mine, other or intended(mine)),
    )
    return body, status


def _case_of_code(code: str) -> Case:
    """A case that the viewer may see; NotFound tells no more of others."""
    found = [row for row in list_cases(current_viewer(), search=code[:100]).items if row.code == code.upper()]
    if not found:
        raise NotFound(_("Không có hồ sơ mã %(code)s mà ông/bà được xem.", code=code[:40]))
    return read_case(found[0].id, current_viewer())


def _chosen(last: int) -> int:
    """The number of the event that is asked for; the last where none is."""
    text = request.args.get("su-kien", "")
    if not text:
        return last
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and 1 <= int(text) <= last):
        raise NotFound(_("Hồ sơ có %(last)s sự kiện; hãy chọn một số từ 1 đến %(last)s.", last=last))
    return int(text)


def _tokens(moment: Moment, definition: Any) -> dict[str, Any]:
    """What the drawing needs of a moment: where tokens rest, for the how manieth time, what was passed."""
    rounds = {one.element: one.round for one in moment.resting if one.round > 1}
    return {
        "active": words.waiting_steps(definition, moment.active) if moment.status != "finished" else [],
        "ended": moment.outcome or "",
        "passed": list(moment.passed),
        "rounds": rounds,
    }


def _recorded(case_id: uuid.UUID, part: str) -> None:
    viewer = current_viewer()
    with transaction() as session:
        record_access(
            session.connection(),
            "case_viewed",
            {"part": part},
            case_id=case_id,
            by=viewer.actor(),
            at=now(),
        )
