"""*Phiếu tiếp nhận hồ sơ*, to print: what was received, by whom, when, and until when it is dealt with."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from service.audit.operations import record_access
from service.cases.handed_over import receipts_of
from service.cases.queries import read_case
from service.cases.receipts import receipts
from service.database import transaction
from service.errors import NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.processes.independence import steps_with_hidden_files
from service.processes.queries import procedure
from service.web import pages
from service.web.case_files import criteria_of
from service.web.dossier import dossier_parts


@pages.get("/ho-so/<uuid:case_id>/phieu-tiep-nhan")
@policy(LOGGED_IN)
def receipt(case_id: uuid.UUID) -> Any:
    """`?lan=` is the event of a hand-over; without it the last one."""
    viewer = current_viewer()
    read_case(case_id, viewer)
    with transaction() as session:
        record_access(
            session.connection(),
            "case_viewed",
            {"part": "phieu-tiep-nhan"},
            case_id=case_id,
            by=viewer.actor(),
            at=now(),
        )
    case = read_case(case_id, viewer)
    found = receipts(case, hide=steps_with_hidden_files(case.id, viewer))
    wanted = request.args.get("lan", "")
    chosen = [one for one in found if not wanted or str(one.seq) == wanted]
    if not chosen:
        raise NotFound(_("Hồ sơ chưa được đơn vị nào tiếp nhận; phiếu có khi xã đã ký gửi hồ sơ."))
    return render_template(
        "receipt.html",
        case=case,
        receipt=chosen[-1],
        receipts=found,
        criteria_of=criteria_of,
        parts=dossier_parts(case),
        printed_at=now(),
        bundle=procedure(case.process_version_id),
        own_receipts=receipts_of(case, viewer),
    )
