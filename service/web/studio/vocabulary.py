"""What the panel of the modeler offers to choose from, and how it reads what somebody typed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import jsonify, request
from flask_babel import gettext as _

from service.errors import BadInput, DomainError
from service.http.access import now, policy
from service.studio.choosing.reading import PLACES, read_for_panel
from service.studio.choosing.sentences import Labels
from service.studio.queries import read_draft
from service.studio.vocabulary import vocabulary_of
from service.web import pages
from service.web.studio.drafts import OWNERS
from service.web.studio.sent import refused

LONGEST_EXPRESSION, MOST_LABELS = 10_000, 500


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/tu-vung")
@policy(OWNERS)
def draft_vocabulary(draft_id: uuid.UUID) -> Any:
    """Groups, signers, rules, jobs, deadlines, forms: see studio.vocabulary. Kept while it is the same."""
    response = jsonify(vocabulary_of(read_draft(draft_id), now=now()))
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/bieu-thuc")
@policy(OWNERS)
def read_expression_now(draft_id: uuid.UUID) -> Any:
    """An expression as choices and in words; nothing is stored."""
    try:
        read_draft(draft_id)
        body = _mapping(request.get_json(silent=True))
        text, place = body.get("text"), body.get("place")
        if not isinstance(text, str) or len(text) > LONGEST_EXPRESSION or place not in PLACES:
            raise BadInput(_("Không đọc được biểu thức gửi lên. Hãy tải lại trang."))
        labels = Labels(
            _words(body.get("variables")),
            {name: _words(values) for name, values in _mapping(body.get("values")).items()},
            _words(body.get("steps")),
        )
        return jsonify(**read_for_panel(text, place, labels))
    except DomainError as error:
        return refused(error)


def _words(given: Any) -> dict[str, str]:
    return {name: text for name, text in _mapping(given).items() if isinstance(text, str)}


def _mapping(given: Any) -> Mapping[str, Any]:
    return dict(list(given.items())[:MOST_LABELS]) if isinstance(given, dict) else {}
