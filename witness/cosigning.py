"""Whether a checkpoint is cosigned: the rules of c2sp.org/tlog-witness, without HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from witness.memory import Memory, Seen
from witness.notes import (
    Checkpoint,
    Malformed,
    Note,
    PrivateKey,
    PublicKey,
    Signature,
    bytes64,
    read_signatures,
    read_size,
    text64,
    with_signatures,
)
from witness.proofs import EMPTY_ROOT, is_consistent

LONGEST_PROOF = 63
SIZE_TYPE, TEXT_TYPE = "text/x.tlog.size", "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A status of HTTP with its text."""

    status: int
    text: str
    media_type: str = TEXT_TYPE


@dataclass(frozen=True)
class Request:
    """What `add-checkpoint` is asked: "old SIZE", the proof's hashes, an empty line, the note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Raises Malformed."""
        try:
            head, separator, whole = body.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise Malformed("no UTF-8") from error
        first, *proof = head.split("\n")
        if not separator or not first.startswith("old "):
            raise Malformed("it begins with “old SIZE”, and the note follows after an empty line")
        if len(proof) > LONGEST_PROOF:
            raise Malformed("a proof has at most 63 hashes")
        hashes = tuple(bytes64(line) for line in proof)
        if any(len(one) != 32 for one in hashes):
            raise Malformed("a hash has 32 bytes")
        note = Note.parse(whole)
        return cls(read_size(first.removeprefix("old ")), hashes, note, Checkpoint.parse(note.text))

    def __str__(self) -> str:
        return "".join(
            (f"old {self.old_size}\n", *(f"{text64(one)}\n" for one in self.proof), f"\n{self.note}")
        )


class Witness:
    """Knows its logs by their keys; `now` answers seconds since 1970."""

    def __init__(
        self,
        key: PrivateKey,
        logs: Mapping[str, tuple[PublicKey, ...]],
        memory: Memory,
        now: Callable[[], int],
    ) -> None:
        self._key, self._logs, self._memory, self._now = key, logs, memory, now
        self._one_at_a_time = threading.Lock()

    def last(self, origin: str) -> str | None:
        """The last note that was cosigned, as it was; for whoever wants to hold a log against it."""
        seen = self._memory[origin]
        return seen.note if seen else None

    @property
    def key(self) -> PublicKey:
        return self._key.public

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(self._logs)

    def add_checkpoint(self, body: bytes) -> Answer:
        """200 with the cosignature, or why not: 400, 403, 404, 409 (with the size it knows), 422."""
        try:
            request = Request.parse(body)
        except Malformed as error:
            return Answer(400, f"{error}\n")
        keys = self._logs.get(request.checkpoint.origin)
        if keys is None:
            return Answer(404, "unknown log\n")
        signed = [key for key in keys if request.note.signed_by(key)]
        if not signed:
            return Answer(403, "not signed by a known key of this log\n")
        if request.old_size > request.checkpoint.size:
            return Answer(400, "the old size is larger than the checkpoint's\n")
        with self._one_at_a_time:
            return self._cosigned(request, signed)

    def _cosigned(self, request: Request, signed: list[PublicKey]) -> Answer:
        checkpoint = request.checkpoint
        seen = self._memory[checkpoint.origin]
        # Of a log that it has never seen, a witness knows the empty tree.
        size, root = (seen.checkpoint.size, seen.checkpoint.root) if seen else (0, EMPTY_ROOT)
        if request.old_size != size or (checkpoint.size == size and checkpoint.root != root):
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if not is_consistent(size, root, checkpoint.size, checkpoint.root, request.proof):
            return Answer(422, "the new tree does not begin with the old one\n")
        line = self._key.signature_line(request.note.text, time=self._now())
        # What others have signed is no concern of ours, and not remembered.
        own = [one for one in request.note.signatures if _is_of(one, signed)]
        note = with_signatures(Note(request.note.text, tuple(own)), read_signatures(line))
        # First remembered, then given away: a cosignature that the disk does not know must not exist.
        self._memory.keep(checkpoint.origin, Seen(str(note)))
        return Answer(200, line)


def _is_of(signature: Signature, keys: list[PublicKey]) -> bool:
    return (signature.name, signature.key_id) in {(key.name, key.id) for key in keys}
