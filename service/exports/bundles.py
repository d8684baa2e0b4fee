"""The case bundle: events with their proofs, what they speak of, and verifiers, in one archive.

The same case at the same checkpoint, taken in the same way, gives the same bytes: fixed times, stored
uncompressed, sorted keys and paths. Its format: docs/log-format.md.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import select

from evaluation.catalogue import load_content
from service.audit.queries import erased_things
from service.database import db
from service.dossiers.storage import CHUNK, path_of
from service.exports.gathering import CaseRecord
from service.exports.history import Standing, history
from service.exports.ocel import write_ocel
from service.exports.pdf import write_history
from service.exports.people import NOTICE, WHOLE
from service.exports.proving import Proof
from service.exports.sheets import write_sheet
from service.exports.xes import write_xes
from service.models import Case, Event, EventPrivatePart, ProcessVersion, Submission
from service.vietnamese import searchable
from service.wording import recorded

FORMAT = "congnhan-bundle/2"
VERIFIER = "congnhan_verify."
_FIXED = (1980, 1, 1, 0, 0, 0)
_LONGEST_NAME = 80
ALSO = recorded(
    "Để đọc và phân tích: history.pdf (lịch sử bằng câu), events.csv (bảng sự kiện), case.xes và "
    "case.ocel.json (nhật ký cho khai phá quy trình), process/ (quy trình, biểu mẫu, bộ "
    "tiêu chí mà hồ sơ chạy theo).\n"
)
LOG_LINES = recorded(
    "Riêng events.jsonl giữ nguyên từng dòng như đã ghi thì mới chứng minh được: người tham gia ở đó là số "
    "định danh, không có tên. Không kèm submissions/, private/, files/."
)
# What nobody but whom it was written for is shown on any page.
BETWEEN_COLLEAGUES = frozenset({"note"})

Content = bytes | Path


def write_bundle(
    target: BinaryIO, record: CaseRecord, proof: Proof, standing: Standing, stored: Path, *, unshown: bool
) -> None:
    """Write the archive. `stored`: where the bytes of files lie; `unshown`: with notes between colleagues.

    Where people are left out, what they typed and their files are left out too; the log's own lines, which
    are proved as they are, name people by random ids.
    """
    contents: dict[str, Content] = {
        "README.txt": _read_me(minimised=record.minimised),
        **_proved(proof),
        **_told(record, standing),
        **_process(record.case),
    }
    if not record.minimised:
        contents |= _submissions(record.case)
        contents |= _private(record.case, frozenset() if unshown else BETWEEN_COLLEAGUES)
        contents |= _files(record, stored)
    contents["manifest.json"] = _json(_manifest(record, contents))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(contents.items()):
            _add(archive, path, content)


def _read_me(*, minimised: bool) -> bytes:
    """How to verify, what else lies in it, and whether people were left out."""
    notice = f"{NOTICE} {LOG_LINES}" if minimised else WHOLE
    verifying = files("verifier").joinpath("README.txt").read_text(encoding="utf-8")
    return f"{verifying}\n{ALSO}\n{notice}\n".encode()


def _proved(proof: Proof) -> dict[str, Content]:
    program = files("verifier")
    verifiers = [one for one in program.iterdir() if one.name.startswith(VERIFIER) and one.is_file()]
    return {
        **{one.name: one.read_bytes() for one in verifiers},
        "checkpoint.txt": proof.note().encode(),
        "events.jsonl": b"".join(_json(line) for line in proof.lines()),
        "keys.json": _json(proof.keys()),
        "proofs.json": _json(proof.paths()),
    }


def _told(record: CaseRecord, standing: Standing) -> dict[str, Content]:
    """The same history for readers and for process mining."""
    minimised = record.minimised
    write_history(pdf := io.BytesIO(), history(record, standing))
    write_xes(xes := io.BytesIO(), [record], minimised=minimised)
    write_ocel(ocel := io.BytesIO(), [record], minimised=minimised)
    write_sheet(sheet := io.BytesIO(), [record], minimised=minimised)
    return {
        "history.pdf": pdf.getvalue(),
        "case.xes": xes.getvalue(),
        "case.ocel.json": ocel.getvalue(),
        "events.csv": sheet.getvalue(),
    }


def _process(case: Case) -> dict[str, Content]:
    """The version that the case runs on: diagram, those it calls, forms, catalogue."""
    row = db.session.get_one(ProcessVersion, case.process_version_id)
    called = db.session.scalars(
        select(ProcessVersion)
        .where(ProcessVersion.content_hash.in_(sorted(one["content_hash"] for one in row.calls.values())))
        .order_by(ProcessVersion.key)
    ).all()
    diagram = f"process/{_plain(row.key)}-v{row.version}.bpmn"
    forms = {f"process/forms/{_plain(key)}.form": text.encode() for key, text in row.forms.items()}
    others = {f"process/called/{_plain(one.key)}-v{one.version}.bpmn": one.diagram for one in called}
    summary = {
        "key": row.key,
        "version": row.version,
        "content_hash": row.content_hash,
        "diagram": diagram,
        "forms": {key: f"process/forms/{_plain(key)}.form" for key in row.forms},
        "calls": row.calls,
        "catalogue": row.catalogue,
        "catalogue_hash": row.catalogue_hash,
    }
    return {
        "process/process.json": _json(summary),
        "process/catalogue.json": load_content(row.catalogue),
        diagram: row.diagram,
        **forms,
        **others,
    }


def _submissions(case: Case) -> dict[str, Content]:
    rows = db.session.scalars(
        select(Submission).where(Submission.case_id == case.id).order_by(Submission.seq)
    )
    found: dict[str, Content] = {}
    erased = erased_things(case.id).submissions
    for row in rows:
        if row.seq in erased:  # what stands there now is not what its event's digest is of
            continue
        about = {"name": "submission", "element": row.element, "action": row.action, "digest": row.digest}
        found |= _typed(f"submissions/{row.seq:06}", row.seq, about, row.salt, row.content)
    return found


def _private(case: Case, left_out: frozenset[str]) -> dict[str, Content]:
    rows = db.session.execute(
        select(Event.seq, Event.body, EventPrivatePart.name, EventPrivatePart.salt, EventPrivatePart.content)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream == "case", Event.stream_id == str(case.id), EventPrivatePart.salt != b"")
        .order_by(Event.seq, EventPrivatePart.name)
    )
    found: dict[str, Content] = {}
    for row in rows:
        if row.name not in left_out:
            digest = orjson.loads(row.body)["digests"].get(row.name, "")
            about = {"name": row.name, "digest": digest}
            path = f"private/{row.seq:06}-{_plain(row.name)}"
            found |= _typed(path, row.seq, about, row.salt, row.content)
    return found


def _typed(path: str, seq: int, about: Mapping[str, Any], salt: bytes, content: bytes) -> dict[str, Content]:
    """What makes a digest checkable: a line about it, and the bytes beside."""
    described = {**about, "seq": seq, "salt": salt.hex(), "content": f"{path}.content"}
    return {f"{path}.json": _json(described), f"{path}.content": content}


def _files(record: CaseRecord, stored: Path) -> dict[str, Content]:
    """Evidence and signed copies, each content once, under the first name that it was given."""
    named = [(file.sha256, file.name) for file in record.files if not file.erased]
    named += [(one.file_sha256, one.file_name) for one in record.documents if one.file_sha256]
    first = dict(reversed(named))
    kept = ((sha256, name, path_of(stored, sha256)) for sha256, name in first.items())
    return {f"files/{sha256}-{_plain(name)}": path for sha256, name, path in kept if path.is_file()}


def _manifest(record: CaseRecord, contents: Mapping[str, Content]) -> dict[str, Any]:
    listed = []
    for path, content in sorted(contents.items()):
        size, sha256 = _measured(content)
        listed.append({"path": path, "size": size, "sha256": sha256})
    return {
        "format": FORMAT,
        "case": record.case.code,
        "minimised": record.minimised,
        "files": listed,
    }


def _measured(content: Content) -> tuple[int, str]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).hexdigest()
    with content.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256")
        return source.tell(), digest.hexdigest()


def _add(archive: zipfile.ZipFile, path: str, content: Content) -> None:
    entry = zipfile.ZipInfo(path, _FIXED)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    if isinstance(content, bytes):
        archive.writestr(entry, content)
        return
    entry.file_size = content.stat().st_size
    with content.open("rb") as source, archive.open(entry, "w") as packed:
        while chunk := source.read(CHUNK):
            packed.write(chunk)


def _plain(name: str) -> str:
    """A name that every system can write: letters without marks, digits, ._- and never a way up."""
    kept = re.sub(r"[^a-z0-9._-]+", "-", searchable(name)).strip(".-")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > _LONGEST_NAME and dot and len(ending) <= 8:
        kept = f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
    return kept[:_LONGEST_NAME] or "khong-ten"


def _json(document: object) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"
