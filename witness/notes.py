"""Signed notes, checkpoints and cosignatures (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).

A note is a text, an empty line, and a line per signature: "— NAME BASE64(key id ‖ signature)".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from witness import ed25519

LOG_ALGORITHM, WITNESS_ALGORITHM = 1, 4
LARGEST_NOTE, MOST_SIGNATURES = 65_536, 64
_DASH = "— "


class Malformed(ValueError):  # noqa: N818 named as a fact
    """The text is not what it should be; the sentence says which rule it breaks."""


@dataclass(frozen=True)
class PublicKey:
    """Who signs: "NAME+ID+BASE64(algorithm ‖ key)", where ID is the hash that signatures begin with."""

    name: str
    algorithm: int
    key: bytes

    @property
    def id(self) -> bytes:
        material = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.key
        return hashlib.sha256(material).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{text64(bytes([self.algorithm]) + self.key)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Raises Malformed, also where the id does not belong to the key."""
        name, key_id, algorithm, key = _key_parts(text.strip(), 3)
        if algorithm not in (LOG_ALGORITHM, WITNESS_ALGORITHM):
            raise Malformed(f"unknown signature type {algorithm}")
        found = cls(name, algorithm, key)
        if found.id.hex() != key_id:
            raise Malformed("the id does not belong to the key")
        return found


@dataclass(frozen=True)
class PrivateKey:
    """Written "PRIVATE+KEY+NAME+ID+BASE64(algorithm ‖ seed)"; signs as what its algorithm says."""

    name: str
    algorithm: int
    seed: bytes

    @cached_property
    def public(self) -> PublicKey:
        return PublicKey(self.name, self.algorithm, ed25519.public_key(self.seed))

    def __repr__(self) -> str:
        return f"PrivateKey({self.name!r})"

    def as_text(self) -> str:
        material = text64(bytes([self.algorithm]) + self.seed)
        return f"PRIVATE+KEY+{self.name}+{self.public.id.hex()}+{material}"

    @classmethod
    def new(cls, name: str, algorithm: int) -> PrivateKey:
        check_name(name)
        return cls(name, algorithm, ed25519.new_seed())

    @classmethod
    def parse(cls, text: str) -> PrivateKey:
        text = text.strip()
        if not text.startswith("PRIVATE+KEY+"):
            raise Malformed("no private key")
        name, key_id, algorithm, seed = _key_parts(text.removeprefix("PRIVATE+KEY+"), 3)
        found = cls(name, algorithm, seed)
        if found.public.id.hex() != key_id:
            raise Malformed("the id does not belong to the key")
        return found

    def signature_line(self, text: str, *, time: int = 0) -> str:
        """Of a log over the text; of a witness over the text and `time` (seconds since 1970)."""
        if self.algorithm == WITNESS_ALGORITHM:
            signed = time.to_bytes(8, "big") + ed25519.sign(self.seed, _cosigned(text, time))
        else:
            signed = ed25519.sign(self.seed, text.encode())
        return f"{_DASH}{self.name} {text64(self.public.id + signed)}\n"


@dataclass(frozen=True)
class Signature:
    name: str
    key_id: bytes
    signed: bytes

    @property
    def line(self) -> str:
        return f"{_DASH}{self.name} {text64(self.key_id + self.signed)}\n"


@dataclass(frozen=True)
class Note:
    """`text` ends with a newline and is what is signed."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, whole: str) -> Note:
        """Raises Malformed; signatures are read, not believed: see `signed_by`."""
        if len(whole) > LARGEST_NOTE or any(ord(letter) < 32 and letter != "\n" for letter in whole):
            raise Malformed("too long, or control characters")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not lines.endswith("\n") or not text:
            raise Malformed("no signatures after an empty line")
        return cls(text + "\n", read_signatures(lines))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    def signed_by(self, key: PublicKey) -> bool:
        """Whether one of the signatures is this key's and holds."""
        return any(_holds(self.text, signature, key) is not None for signature in self.signatures)

    def cosigned_at(self, key: PublicKey) -> int | None:
        """When the witness says that it saw the text; None where it has not signed."""
        times = [_holds(self.text, signature, key) for signature in self.signatures]
        return max((time for time in times if time is not None), default=None)


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Of lines "— NAME BASE64"; raises Malformed."""
    split = lines.removesuffix("\n").split("\n")
    if len(split) > MOST_SIGNATURES:
        raise Malformed("too many signatures")
    return tuple(_read_signature(line) for line in split)


def _read_signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not separator:
        raise Malformed("a signature line is “— NAME BASE64”")
    check_name(name)
    decoded = bytes64(encoded)
    if len(decoded) < 5:
        raise Malformed("a signature is too short")
    return Signature(name, decoded[:4], decoded[4:])


def _holds(text: str, signature: Signature, key: PublicKey) -> int | None:
    """The time of a witness's signature (0 of a log's) that is this key's and holds, else None."""
    if (signature.name, signature.key_id) != (key.name, key.id):
        return None
    if key.algorithm == LOG_ALGORITHM:
        return 0 if ed25519.is_signed(key.key, text.encode(), signature.signed) else None
    if len(signature.signed) != 72:
        return None
    time = int.from_bytes(signature.signed[:8], "big")
    return time if ed25519.is_signed(key.key, _cosigned(text, time), signature.signed[8:]) else None


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True)
class Checkpoint:
    """How far a log has grown. `extensions` are further lines, which are signed and otherwise ignored."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, text64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
            raise Malformed("a checkpoint has an origin, a size and a root")
        root = bytes64(lines[2])
        if len(root) != 32:
            raise Malformed("a root has 32 bytes")
        return cls(lines[0], read_size(lines[1]), root, tuple(lines[3:-1]))


def read_size(text: str) -> int:
    """A number as a checkpoint writes it: decimal, no sign, no leading zero."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 18:
        raise Malformed(f"no size: {text[:40]!r}")
    return int(text)


def check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise Malformed(f"no name of a key: {name[:40]!r}")


def with_signatures(note: Note, more: Sequence[Signature]) -> Note:
    """The same note with further signatures, each once."""
    return Note(note.text, tuple(dict.fromkeys((*note.signatures, *more))))


def bytes64(text: str) -> bytes:
    """Strict base64; raises Malformed."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("no base64") from error
    if text64(decoded) != text:
        raise Malformed("base64 with stray bits")
    return decoded


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _key_parts(text: str, parts: int) -> tuple[str, str, int, bytes]:
    # The base64 may hold "+" itself.
    split = text.split("+", parts - 1)
    if len(split) != parts:
        raise Malformed("no key")
    check_name(split[0])
    material = bytes64(split[2])
    if len(material) != 33:
        raise Malformed("a key has 32 bytes")
    return split[0], split[1], material[0], material[1:]
