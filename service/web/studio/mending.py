"""*Sửa giúp*: the modeler's drawing with one problem mended."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify
from flask_babel import gettext as _

from service.errors import BadInput, DomainError
from service.http.access import now, policy
from service.studio.mended import mended
from service.studio.queries import read_draft
from service.web import pages
from service.web.studio.drafts import OWNERS
from service.web.studio.sent import diagram_in, json_body, refused


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/sua-giup")
@policy(OWNERS)
def mend_draft_now(draft_id: uuid.UUID) -> Any:
    """{label, diagram}: nothing is stored; the modeler shows it, and saves it as any change."""
    try:
        body = json_body()
        wanted = tuple(body.get(key) for key in ("element", "rule", "message"))
        if not all(isinstance(value, str) for value in wanted):
            raise BadInput(_("Thiếu vấn đề cần sửa. Hãy tải lại trang."))
        label, diagram = mended(read_draft(draft_id), diagram=diagram_in(body), wanted=wanted, now=now())
    except DomainError as error:
        return refused(error)
    return jsonify(label=label, diagram=diagram.decode())
