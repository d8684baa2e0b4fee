"""*Sở phụ trách quy trình*: which department verifies and submits in each procedure, since when."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes
from service.administration.procedure_departments import appoint_department, departments, list_departments
from service.administration.rights import administrator_seat, may_read_all
from service.administration.sentences import GROUPS
from service.errors import DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.studio.queries import names_of_procedures
from service.web import pages
from service.web.administration.room import ADMINISTRATOR, AUDITOR, page, sent, tried
from service.wording import marked


@pages.get("/quan-tri/so-phu-trach", endpoint="procedure_departments")
@policy(ADMINISTRATOR, AUDITOR)
def show() -> Any:
    if not may_read_all(current_viewer()):
        raise NotFound()
    return _page()


@pages.post("/quan-tri/so-phu-trach", endpoint="appoint_department_now")
@policy(ADMINISTRATOR)
def appoint() -> Any:
    def act() -> None:
        name = appoint_department(
            procedure=sent("procedure"),
            unit_code=sent("unit"),
            first_day=sent("first_day"),
            legal_basis=sent("legal_basis"),
            by=current_viewer(),
            now=now(),
        )
        flash(_("Đã giao quy trình cho %(name)s.", name=name), "success")

    refusal = tried(act, _page)
    return refusal if refusal is not None else redirect(url_for("pages.procedure_departments"), 303)


def _page(error: DomainError | None = None) -> str:
    return page(
        "procedure_departments.html",
        error,
        procedures=list_departments(),
        names=names_of_procedures(),
        departments=departments(),
        changes=list_changes(kinds=("procedure_department_set",), size=5)[0],
        may_act=administrator_seat(current_viewer()) is not None,
        log_group=list(GROUPS).index(marked("Phân công")),
    )
