"""Asking the witness to cosign the newest checkpoint (c2sp.org/tlog-witness), and keeping what it signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import urllib3
from sqlalchemy import select

from service.audit.merkle import consistency_proof
from service.audit.tree import last_checkpoint, stored_hashes
from service.config import Settings
from service.database import db, insert_if_absent, transaction
from service.errors import BadConfiguration, Unavailable, WrongState
from service.models import LogCheckpoint, LogCosignature
from service.version import VERSION
from witness.cosigning import Answer, Request
from witness.notes import WITNESS_ALGORITHM, Checkpoint, Malformed, Note, PublicKey, read_size
from witness.server import path_of

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
LARGEST_ANSWER = 65_536

# (method, path, body) → what the witness answers. Raises Unavailable where nobody does.
Ask = Callable[[str, str, bytes | None], Answer]


class Refused(WrongState):
    """The witness does not cosign: the log is not what it has seen, or it does not know the log."""

    code = "witness-refused"


@dataclass(frozen=True)
class OverHttp:
    """The one address of the settings; no redirect, no proxy of the environment, no unbounded answer."""

    url: str

    def __call__(self, method: str, path: str, body: bytes | None) -> Answer:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        headers = {"User-Agent": f"congnhan/{VERSION}", "Accept-Encoding": "identity"}
        try:
            with urllib3.PoolManager(num_pools=1, headers=headers) as pool:
                response = pool.request(
                    method,
                    self.url + path,
                    body=body,
                    timeout=timeout,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                content = response.read(LARGEST_ANSWER)
                media_type = response.headers.get("Content-Type", "")
                response.close()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise Unavailable(f"Nhân chứng {self.url} không trả lời ({type(error).__name__}).") from error
        return Answer(response.status, content.decode("utf-8", "replace"), media_type)


def witness_key(configured: Settings) -> PublicKey | None:
    """By which cosignatures are known; None where no witness is configured. Raises BadConfiguration."""
    if not configured.witness_key:
        return None
    try:
        key = PublicKey.parse(configured.witness_key)
    except Malformed as error:
        raise BadConfiguration(f"CONGNHAN_WITNESS_KEY không phải một khóa công khai ({error}).") from error
    if key.algorithm != WITNESS_ALGORITHM:
        raise BadConfiguration("CONGNHAN_WITNESS_KEY không phải khóa của một nhân chứng.")
    return key


def ask_witness(configured: Settings, ask: Ask | None = None) -> bool:
    """Have the newest checkpoint cosigned; whether it is by now. False where there is none or no witness.

    Raises Unavailable where the witness does not answer, Refused where it says that this is another log.
    """
    key = witness_key(configured)
    db.session.rollback()
    newest = last_checkpoint()
    if key is None or not configured.witness_url or newest is None:
        return False
    old = _cosigned_size(key)
    if old is not None and old[0] == newest.number:
        return True
    ask = ask or OverHttp(configured.witness_url)
    size = old[1] if old else 0
    answer = _asked(ask, newest, size)
    if answer.status == 409 and (known := _known_size(answer)) != size:
        # It has seen another state than we have kept: an answer that was lost, or a log that went back.
        if known > newest.size:
            raise Refused(
                f"Nhân chứng {key.name} đã ký nhật ký ở cỡ {known}, ở đây chỉ còn {newest.size}: "
                "dữ liệu đã lùi lại. Xem docs/operations.md."
            )
        answer = _asked(ask, newest, known)
    if answer.status in (400, 403, 404, 409, 422):
        raise Refused(f"Nhân chứng {key.name} từ chối ({answer.status}): {answer.text.strip()[:200]}")
    if answer.status != 200:
        raise Unavailable(f"Nhân chứng {key.name} trả lời {answer.status}.")
    _keep(newest, key, answer.text)
    return True


def last_seen(key: PublicKey, origin: str, ask: Ask) -> Note | None:
    """The last note of this log that the witness says it cosigned, if it holds; None where it has none.

    Raises Unavailable, and Refused where the answer is not signed by it.
    """
    answer = ask("GET", path_of(origin), None)
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise Unavailable(f"Nhân chứng {key.name} trả lời {answer.status}.")
    try:
        note = Note.parse(answer.text)
    except Malformed as error:
        raise Refused(f"Nhân chứng {key.name} trả lời không đúng dạng ({error}).") from error
    if note.cosigned_at(key) is None or Checkpoint.parse(note.text).origin != origin:
        raise Refused(f"Điểm kiểm từ {key.name} không mang chữ ký của nhân chứng ấy.")
    return note


def _asked(ask: Ask, newest: LogCheckpoint, old_size: int) -> Answer:
    note = Note.parse(newest.note)
    proof = tuple(consistency_proof(old_size, newest.size, stored_hashes))
    db.session.rollback()  # nothing is held while another machine thinks
    body = str(Request(old_size, proof, note, Checkpoint.parse(note.text))).encode()
    return ask("POST", "/add-checkpoint", body)


def _known_size(answer: Answer) -> int:
    try:
        return read_size(answer.text.strip())
    except Malformed as error:
        raise Refused(f"Nhân chứng từ chối: {answer.text.strip()[:200]}") from error


def _cosigned_size(key: PublicKey) -> tuple[int, int] | None:
    """(number, size) of the newest checkpoint that this witness has cosigned."""
    row = db.session.execute(
        select(LogCheckpoint.number, LogCheckpoint.size)
        .join(LogCosignature, LogCosignature.checkpoint == LogCheckpoint.number)
        .where(LogCosignature.witness == key.name)
        .order_by(LogCheckpoint.number.desc())
        .limit(1)
    ).one_or_none()
    return (row.number, row.size) if row else None


def _keep(checkpoint: LogCheckpoint, key: PublicKey, lines: str) -> None:
    body = checkpoint.note.partition("\n\n")[0] + "\n"
    try:
        note = Note.parse(f"{body}\n{lines}")
    except Malformed as error:
        raise Refused(f"Nhân chứng {key.name} trả lời không đúng dạng ({error}).") from error
    own = [one for one in note.signatures if (one.name, one.key_id) == (key.name, key.id)]
    time = note.cosigned_at(key)
    if time is None:
        raise Refused(f"Chữ ký của nhân chứng {key.name} không khớp với khóa đã cấu hình.")
    line = next(one.line for one in own if Note(body, (one,)).cosigned_at(key) == time)
    with transaction() as session:
        insert_if_absent(
            session.connection(),
            LogCosignature,
            checkpoint=checkpoint.number,
            witness=key.name,
            line=line,
            cosigned_at=datetime.fromtimestamp(time, UTC),
        )
