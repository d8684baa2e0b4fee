"""Taking a case, or many, out of the system: who may take what, and that it was taken."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from service.audit.operations import Actor, record_access
from service.cases.queries import read_case
from service.database import db, transaction
from service.errors import NotAllowed, NotFound, WrongState
from service.exports.gathering import CaseRecord, gather
from service.exports.history import Standing, history
from service.exports.ocel import write_ocel
from service.exports.people import People
from service.exports.proving import Proof, prove
from service.exports.sheets import write_sheet
from service.exports.xes import write_xes
from service.identity.viewer import Viewer
from service.models import Case
from service.models.people import Role
from service.wording import _, as_written, recorded
from witness.notes import PublicKey

EXPORTED = "case_exported"
BUNDLE, PDF = "bundle", "pdf"


@dataclass(frozen=True)
class Format:
    media_type: str
    ending: str


FORMATS: Mapping[str, Format] = {
    "xes": Format("application/xml", "xes"),
    "ocel": Format("application/json", "ocel.json"),
    "csv": Format("text/csv; charset=utf-8", "csv"),
    PDF: Format("application/pdf", "pdf"),
    BUNDLE: Format("application/zip", "zip"),
}
OF_MANY: Mapping[str, Callable[..., None]] = {"xes": write_xes, "ocel": write_ocel, "csv": write_sheet}


def may_export(kind: str, viewer: Viewer) -> bool:
    """Whoever sees a case takes what its pages show; the log's own lines are for those who examine it.

    Events as they were hashed, with all inputs, and whole submissions are more than any page shows to others.
    """
    return kind != BUNDLE or (viewer.has(Role.AUDITOR) and not viewer.departments)


def export_case(
    target: BinaryIO,
    case_id: uuid.UUID,
    kind: str,
    *,
    viewer: Viewer | None,
    minimised: bool,
    witness: PublicKey | None,
    stored: Path,
    by: Actor,
    now: datetime,
) -> str:
    """Write one case in one of FORMATS; its taking is recorded too. Returns a file's name.

    `viewer` None: the operator's command. Raises NotFound, NotAllowed, and for a bundle WrongState where no
    checkpoint covers the case yet.
    """
    if viewer is not None and not may_export(kind, viewer):
        read_case(case_id, viewer)
        raise NotAllowed(_("Gói bằng chứng chỉ dành cho người có vai trò kiểm tra."))
    case = read_case(case_id, viewer) if viewer else _any_case(case_id)
    name = f"{case.code}{'-an-danh' if minimised else ''}.{FORMATS[kind].ending}"
    with as_written():
        record = gather(case, viewer=viewer, people=People(minimised=minimised))
        exporter = _exporter(viewer, minimised=minimised)
        if kind == BUNDLE:
            _bundle(target, record, witness, exporter, stored, unshown=viewer is None)
        elif kind == PDF:
            _paper(target, record, _standing(_proof_or_none(case.id, witness), exporter))
        else:
            OF_MANY[kind](target, [record], minimised=minimised)
    _record([case_id], kind, minimised=minimised, by=by, now=now)
    return name


def export_cases(
    target: BinaryIO,
    kind: str,
    *,
    year: int | None,
    procedure: str | None,
    minimised: bool,
    by: Actor,
    now: datetime,
) -> int:
    """All cases of the filters, in the order of their codes, as one log; returns how many.

    For the operator's command: it asks for nobody's rights. Every case's taking is recorded.
    """
    query = select(Case.id).order_by(Case.code)
    if year is not None:
        query = query.where(Case.year == year)
    if procedure is not None:
        query = query.where(Case.procedure == procedure)
    ids = list(db.session.scalars(query))
    people = People(minimised=minimised)

    def records() -> Iterator[CaseRecord]:
        for case_id in ids:
            yield gather(_any_case(case_id), viewer=None, people=people)
            db.session.expunge_all()

    with as_written():
        OF_MANY[kind](target, records(), minimised=minimised)
    _record(ids, kind, minimised=minimised, by=by, now=now)
    return len(ids)


def _record(case_ids: Iterable[uuid.UUID], kind: str, *, minimised: bool, by: Actor, now: datetime) -> None:
    data = {"format": kind, "minimised": minimised}
    with transaction() as session:
        for case_id in case_ids:
            record_access(session.connection(), EXPORTED, data, case_id=case_id, by=by, at=now)


def _bundle(
    target: BinaryIO,
    record: CaseRecord,
    witness: PublicKey | None,
    exporter: str,
    stored: Path,
    *,
    unshown: bool,
) -> None:
    from service.exports.bundles import write_bundle  # noqa: PLC0415 what draws papers is loaded when one is

    proof = prove(record.case.id, witness)
    write_bundle(target, record, proof, _standing(proof, exporter), stored, unshown=unshown)


def _paper(target: BinaryIO, record: CaseRecord, standing: Standing) -> None:
    from service.exports.pdf import write_history  # noqa: PLC0415 what draws papers is loaded when one is

    write_history(target, history(record, standing))


def _standing(proof: Proof | None, exporter: str) -> Standing:
    if proof is None:
        return Standing(exporter)
    made = proof.checkpoint
    return Standing(exporter, made.made_at, made.size, made.root.hex(), proof.witness is not None)


def _proof_or_none(case_id: uuid.UUID, witness: PublicKey | None) -> Proof | None:
    try:
        return prove(case_id, witness)
    except WrongState:
        return None


def _exporter(viewer: Viewer | None, *, minimised: bool) -> str:
    if viewer is None:
        return recorded("Quản trị viên, bằng dòng lệnh")
    seat = viewer.seats[0] if viewer.seats else None
    where = f"{seat.title}, {seat.unit_name}" if seat else recorded("người dùng")
    return where if minimised else f"{viewer.name} ({where})"


def _any_case(case_id: uuid.UUID) -> Case:
    found = db.session.get(Case, case_id)
    if found is None:
        raise NotFound()
    return found
