"""Drawing: a draft is made from a version or from files, saved as often as one likes, or given up."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from service.database import transaction
from service.engine.errors import InvalidDiagram
from service.engine.markup import parse_xml
from service.engine.reading import read_diagram
from service.errors import BadInput, DraftChanged
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import DraftState, ProcessDraft
from service.processes.beside import LONGEST_KEY, LONGEST_NAME
from service.processes.packaged import CATALOGUE
from service.processes.publishing import read_texts
from service.processes.queries import read_version
from service.studio.expected import draft_in, draft_upon
from service.studio.queries import newest_version
from service.studio.record import record
from service.studio.rights import owner_seat
from service.wording import _


@dataclass(frozen=True)
class Saved:
    rev: int
    at: datetime


def draft_from_version(*, key: str, version: int, by: Viewer, now: datetime) -> uuid.UUID:
    """A new draft with everything of a published version; how an old one is taken up. Raises NotFound."""
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        row = read_version(key, version)
        return _insert(
            connection,
            {
                "key": row.key,
                "name": row.name,
                "diagram": row.diagram,
                "forms": dict(row.forms),
                "catalogue": row.catalogue,
                "based_on": row.id,
            },
            {"based_on": version},
            viewer,
            seat,
            now,
        )


def draft_from_files(*, diagram: bytes, forms: Mapping[str, bytes], by: Viewer, now: datetime) -> uuid.UUID:
    """A new draft from a .bpmn file and the .form files beside it, kept byte for byte.

    Where the procedure has a version already, the draft is based on the newest one: forms not handed in are
    that one's. Raises BadInput for what is no drawing of one process, or no text.
    """
    try:
        drawn = read_diagram(diagram)
    except InvalidDiagram as refused:
        raise BadInput(str(refused), fields={"diagram": [str(refused)]}) from refused
    if len(drawn.process) > LONGEST_KEY:
        raise BadInput(
            _(
                "Mã quy trình (id của process) dài hơn %(most)s ký tự. Hãy rút ngắn mã trong sơ đồ.",
                most=LONGEST_KEY,
            )
        )
    texts, unreadable = read_texts(forms)
    if unreadable:
        raise BadInput(
            _(
                "Biểu mẫu %(name)s không phải văn bản UTF-8. Hãy lưu lại tệp dạng UTF-8 rồi nhập lại.",
                name=unreadable[0].name,
            )
        )
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        base = newest_version(drawn.process)
        return _insert(
            connection,
            {
                "key": drawn.process,
                "name": drawn.name[:LONGEST_NAME],
                "diagram": diagram,
                "forms": {**(base.forms if base else {}), **texts},
                "catalogue": base.catalogue if base else CATALOGUE,
                "based_on": base.id if base else None,
            },
            {"imported_forms": sorted(texts), "based_on": base.version if base else None},
            viewer,
            seat,
            now,
        )


def save_draft(
    *, draft_id: uuid.UUID, rev: int, diagram: bytes, based: str = "", by: Viewer, now: datetime
) -> Saved:
    """Keep what is drawn, right or wrong, upon `rev`; the same drawing again keeps the rev.

    With `based`, the hash of the drawing that it was drawn upon, forms stored meanwhile are not in the way.
    Raises BadInput for what is no XML, ChangedMeanwhile where another rev is stored, WrongState once the
    draft is submitted, NotFound.
    """
    try:
        parse_xml(diagram)
    except InvalidDiagram as refused:
        raise BadInput(str(refused)) from refused
    digest = hashlib.sha256(diagram).hexdigest()
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = draft_upon(draft_id, rev, lambda stored: stored.diagram_hash == based)
        if draft.diagram_hash == digest:
            return Saved(draft.rev, draft.changed_at)
        new_rev = draft.rev + 1
        values = {
            "diagram": diagram,
            "diagram_hash": digest,
            "name": _name_of(diagram) or draft.name,
            "editors": {**draft.editors, str(viewer.id): str(seat.unit_id)},
            "changed_at": now,
            "changed_by": viewer.id,
        }
        change(connection, draft, values)
        told = {"rev": new_rev, "diagram_hash": digest}
        record(connection, "process_draft_saved", draft.id, draft.key, told, by=viewer.actor(seat), now=now)
        return Saved(new_rev, now)


def withdraw_draft(*, draft_id: uuid.UUID, rev: int, by: Viewer, now: datetime) -> None:
    """Give a draft up for good; it stays readable. Raises WrongState unless it is being drawn."""
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = draft_in(DraftState.DRAFT, draft_id, rev)
        change(connection, draft, {"state": DraftState.WITHDRAWN, "changed_at": now, "changed_by": viewer.id})
        record(connection, "process_draft_withdrawn", draft.id, draft.key, {}, by=viewer.actor(seat), now=now)


def drawing(connection: Connection, by: Viewer, now: datetime) -> tuple[Viewer, Seat]:
    """The person as they are now, and the seat that gives them the right; raises NotAllowed."""
    viewer = load_viewer(by.id, now, connection)
    return viewer, owner_seat(viewer)


def change(connection: Connection, draft: ProcessDraft, values: Mapping[str, Any]) -> None:
    """Of two who change a draft at once, one does; the other is told."""
    done = connection.execute(
        update(ProcessDraft)
        .where(ProcessDraft.id == draft.id, ProcessDraft.rev == draft.rev, ProcessDraft.state == draft.state)
        .values(rev=draft.rev + 1, **values)
    )
    if done.rowcount != 1:
        raise DraftChanged(
            _("Người khác vừa thay đổi bản thảo này. Hãy tải lại trang để xem bản mới nhất rồi thử lại.")
        )


def _insert(
    connection: Connection,
    values: Mapping[str, Any],
    told: Mapping[str, Any],
    viewer: Viewer,
    seat: Seat,
    now: datetime,
) -> uuid.UUID:
    draft_id = uuid.uuid4()
    digest = hashlib.sha256(values["diagram"]).hexdigest()
    connection.execute(
        insert(ProcessDraft).values(
            id=draft_id,
            diagram_hash=digest,
            rev=1,
            state=DraftState.DRAFT,
            editors={str(viewer.id): str(seat.unit_id)},
            created_at=now,
            created_by=viewer.id,
            changed_at=now,
            changed_by=viewer.id,
            **values,
        )
    )
    record(
        connection,
        "process_draft_created",
        draft_id,
        values["key"],
        {**told, "diagram_hash": digest},
        by=viewer.actor(seat),
        now=now,
    )
    return draft_id


def _name_of(diagram: bytes) -> str:
    """What the procedure is called; "" where nothing can be read of it yet."""
    try:
        return read_diagram(diagram).name[:LONGEST_NAME]
    except InvalidDiagram:
        return ""
