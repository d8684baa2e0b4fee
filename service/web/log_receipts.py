"""*Biên nhận số* of an act, to keep: a file for verifiers, and the same in words."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, render_template, request

from service.audit.operations import record_access
from service.audit.receipts import log_receipt
from service.cases.handed_over import receipts_of
from service.cases.queries import read_case
from service.cases.timeline import timeline
from service.database import transaction
from service.errors import NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.web import pages


@pages.get("/ho-so/<uuid:case_id>/bien-nhan/<int:seq>")
@policy(LOGGED_IN)
def log_receipt_file(case_id: uuid.UUID, seq: int) -> Any:
    """For the act that is event `seq`; `?dang=chu` in words."""
    viewer = current_viewer()
    case = read_case(case_id, viewer)
    if seq not in receipts_of(case, viewer):
        raise NotFound()
    receipt = log_receipt(case_id, seq, settings())
    entry = next(one for one in timeline(case) if one.seq == seq)
    with transaction() as session:
        data = {"part": "bien-nhan-so", "seq": seq}
        record_access(session.connection(), "case_viewed", data, case_id=case_id, by=viewer.actor(), at=now())
    name = f"bien-nhan-{receipt.code}-{seq}"
    if request.args.get("dang") == "chu":
        text = render_template("log_receipt.txt", receipt=receipt, entry=entry, name=name)
        response = Response(text, mimetype="text/plain")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.txt"'
        return response
    response = Response(receipt.as_json(), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response
