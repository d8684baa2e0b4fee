"""The list of rounds: opening one, and taking back one that was opened by mistake."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from evaluation.catalogue import load_catalogue
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.rounds.operations import delete_round, open_round
from service.rounds.queries import list_rounds, read_round
from service.web import pages
from service.web.rounds import department_seat


@pages.get("/dot")
@policy(LOGGED_IN)
def round_list() -> Any:
    return _page()


@pages.post("/dot")
@policy(LOGGED_IN)
def open_new_round() -> Any:
    """A round of the year and name that were typed; the form comes back with what is wrong at its field."""
    year = request.form.get("year", "").strip()
    try:
        name = request.form.get("name", "")
        round_id = open_round(year=_four_digits(year), name=name, by=current_viewer(), now=now())
    except BadInput as error:
        return _page(error), error.status
    flash(_("Đã mở đợt xét."), "success")
    return redirect(url_for("pages.round_page", round_id=round_id), 303)


@pages.post("/dot/<uuid:round_id>/xoa-dot")
@policy(LOGGED_IN)
def delete_empty_round(round_id: uuid.UUID) -> Any:
    name = read_round(round_id, current_viewer()).name
    delete_round(round_id=round_id, by=current_viewer(), now=now())
    flash(_("Đã xóa %(name)s.", name=name), "success")
    return redirect(url_for("pages.round_list"), 303)


def _four_digits(year: str) -> int:
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        problem = _("Năm xét phải gồm 4 chữ số, ví dụ 2023.")
        raise BadInput(problem, fields={"year": [problem]})
    return int(year)


def _page(error: BadInput | None = None) -> str:
    return render_template(
        "rounds.html",
        rounds=list_rounds(current_viewer()),
        seat=department_seat(current_viewer()),
        years=load_catalogue().years,
        typed={name: request.form.get(name, "") for name in ("year", "name")} if error else {},
        error=error,
        errors=error.fields if error else {},
    )
