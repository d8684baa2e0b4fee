"""A procedure as published: its diagram, versions and legal basis."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from service.errors import NotFound
from service.http.access import LOGGED_IN, policy
from service.processes.queries import list_versions, procedure, read_version, version_in_force
from service.web import pages, today


@pages.get("/quy-trinh/<key>", endpoint="process_page")
@policy(LOGGED_IN)
def show(key: str) -> Any:
    versions = [row for row in list_versions() if row.key == key]
    if not versions:
        raise NotFound(_("Không có quy trình này."))
    wanted = request.args.get("phien-ban", "")
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) < 6):
        raise NotFound(_("Không có phiên bản này."))
    row = read_version(key, int(wanted)) if wanted else None
    in_force = version_in_force(key, today())
    bundle = procedure(row.id) if row else in_force
    return render_template("process.html", bundle=bundle, versions=versions, in_force=in_force)


@pages.get("/quy-trinh/<key>/<int:version>/so-do.bpmn")
@policy(LOGGED_IN)
def diagram(key: str, version: int) -> Any:
    """The drawing itself; a version never changes, so browsers may keep it."""
    row = read_version(key, version)
    response = Response(row.diagram, mimetype="application/xml")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.set_etag(row.diagram_hash)
    return response.make_conditional(request)
