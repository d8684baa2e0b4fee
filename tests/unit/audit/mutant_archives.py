"""Tricks with the archive itself, altered receipts, and single bits anywhere."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.unit.audit.mutant_files import K, unchanged
from tests.unit.audit.whole_bundles import (
    CHECKPOINT,
    HASHES,
    LOG,
    STRANGER,
    TYPED,
    Mutant,
    as_json,
    digest,
    first_format,
    note_of,
    receipt,
    second_format,
    stored,
)

UNSAFE = ("/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "C:/x", "C:x", "a\\b", "a/", "x\x01", "", ".")


def archives() -> Iterator[Mutant]:
    """Tricks with the zip itself; the files in it are whole."""
    files = first_format()
    whole = stored(files)
    yield Mutant("nothing at all", b"", None)
    yield Mutant("end only", whole[-22:], None)
    yield Mutant("empty zip", b"PK\x05\x06" + bytes(18), None)
    for cut in (1, 21, 22, 23, 100, len(whole) // 2, len(whole) - 1):
        yield Mutant(f"cut by {cut}", whole[:-cut], None)
    yield Mutant("data before", b"x" + whole, None)
    yield Mutant("data after", whole + b"x", None)
    yield Mutant("another zip after", whole + whole, None)
    yield Mutant("a comment", whole[:-2] + b"\x01\x00x", None)
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        yield Mutant(f"compressed by {method}", target.getvalue(), None)
    unsafe = (
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/./b",
        "C:/x",
        "C:x",
        "a\\b",
        "a/",
        "x\x01",
        "",
        ".",
    )
    for name in unsafe:
        yield Mutant(f"path {name!r}", by_hand({**files, name: b""}), None)
    yield Mutant("path of 256", by_hand({**files, "a" * 256: b""}), None)
    yield Mutant("path of 255", by_hand({**files, "a" * 255: b""}), "manifest")
    yield Mutant("path of words", by_hand({**files, "tệp": b""}), "manifest")
    yield Mutant("path no UTF-8", by_hand({k.encode(): v for k, v in files.items()} | {b"\xff": b""}), None)
    yield Mutant("by hand", by_hand(files), "")
    yield Mutant("twice the same", by_hand([*files.items(), (K, files[K])]), None)
    yield Mutant("twice, other content", by_hand([*files.items(), (K, b"{}")]), None)
    yield Mutant("order of files", by_hand(reversed(files.items())), "")
    fields = {
        "flags": 8, "method": 10, "time": 12, "crc": 16, "packed": 20, "size": 24, "name": 28, "extra": 30,
        "comment": 32, "disk": 34, "offset": 42,
    }  # fmt: skip
    table = whole.index(b"PK\x01\x02")
    for name, at in fields.items():
        for value in (1, 0xFF):
            changed = bytearray(whole)
            changed[table + at] ^= value
            yield Mutant(f"table: {name} ^ {value}", bytes(changed), None)
    for name, at in (("disk", 4), ("here", 8), ("count", 10), ("length", 12), ("start", 16), ("comment", 20)):
        changed = bytearray(whole)
        changed[len(whole) - 22 + at] ^= 1
        yield Mutant(f"end: {name}", bytes(changed), None)
    for flag in (1, 8, 0x40, 0x2000):
        yield Mutant(f"flag {flag}", by_hand(files, flags=flag), None)
    yield Mutant("UTF-8 flag", by_hand(files, flags=0x800), "")
    yield Mutant("method in both", by_hand(files, method=8), None)
    yield Mutant("gap between", by_hand(files, gap=b"gap"), None)
    yield Mutant("no zip", b"PK" + bytes(200), None)


def by_hand(files: Any, *, flags: int = 0, method: int = 0, gap: bytes = b"") -> bytes:
    """A zip with any names, twice if wished, as zipfile would not write it."""
    data, table = bytearray(), bytearray()
    pairs = list(files.items() if isinstance(files, dict) else files)
    for name, content in pairs:
        raw = name if isinstance(name, bytes) else name.encode()
        said = struct.pack(
            "<5H3I2H", 20, flags, method, 0, 33, zlib.crc32(content), len(content), len(content), len(raw), 0
        )
        table += (
            struct.pack("<4sH", b"PK\x01\x02", 20) + said + struct.pack("<3H2I", 0, 0, 0, 0, len(data)) + raw
        )
        data += b"PK\x03\x04" + said + raw + content + gap
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(pairs), len(pairs), len(table), len(data), 0)
    return bytes(data + table) + end


def flips() -> Iterator[Mutant]:
    """A bit of each part of a bundle, of its archive and of a receipt; the CRC is made right again."""
    chance = random.Random(1829)
    for name in sorted(second_format()):
        for _ in range(6):
            files = second_format()
            content = bytearray(files[name])
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            files[name] = bytes(content)
            yield Mutant(f"a bit of {name}: {bytes(content)[:3]!r}", stored(files))
    for what, whole in (("zip", stored(second_format())), ("receipt", as_json(receipt()))):
        for _ in range(60):
            changed = bytearray(whole)
            at, bit = chance.randrange(len(changed)), chance.randrange(8)
            changed[at] ^= 1 << bit
            yield Mutant(f"a bit of the {what}: {at}.{bit}", bytes(changed))


def receipts() -> Iterator[Mutant]:
    def of(change: Callable[[Any], object], *, proved: bool = True) -> bytes:
        found = receipt(proved=proved)
        change(found)
        return as_json(found)

    def in_note(old: str, new: str) -> Callable[[Any], object]:
        return lambda r: r.update(note=r["note"].replace(old, new, 1))

    def signed_anew(old: str, new: str) -> Callable[[Any], object]:
        def change(found: Any) -> None:
            text = (found["note"].rpartition("\n\n")[0] + "\n").replace(old, new, 1)
            found["note"] = f"{text}\n{LOG.signature_line(text)}"

        return change

    yield Mutant("receipt", of(unchanged), "")
    yield Mutant("receipt before the checkpoint", of(unchanged, proved=False), "")
    yield Mutant("receipt with a BOM", b"\xef\xbb\xbf" + of(unchanged), None)
    yield Mutant("receipt with blanks before", b" " + of(unchanged), None)
    yield Mutant("receipt cut", of(unchanged)[:-1], None)
    cases: dict[str, tuple[Callable[[Any], object], str | None]] = {
        "case": (in_note("CN-2023", "CN-2024"), "receipt-signature"),
        "seq": (in_note("seq 2", "seq 3"), "receipt-signature"),
        "event": (in_note("event ", "event 0"), "receipt-signature proof"),
        "log": (in_note("log nk", "log nl"), "receipt-signature proof log-signature"),
        "no receipt": (in_note("congnhan-receipt/1", "congnhan-receipt/2"), None),
        "fact missing": (in_note("seq 2\n", ""), None),
        "fact empty": (in_note("case CN-2023-00001", "case "), None),
        "digest of another form": (in_note("digest submission ", "digest submission x"), None),
        "digest without name": (in_note("digest submission ", "digest "), None),
        "digest twice": (
            signed_anew("\ndigest", f"\ndigest submission {'0' * 64}\ndigest"), None
        ),
        "another event, signed": (signed_anew(HASHES[1].hex(), HASHES[2].hex()), "proof"),
        "another digest, signed": (signed_anew(digest(TYPED["submission"]), "0" * 64), "content"),
        "no digest, signed": (
            signed_anew(f"digest submission {digest(TYPED['submission'])}\n", ""), "content"
        ),
        "a checkpoint as receipt": (lambda r: r.update(note=note_of(CHECKPOINT)), None),
        "a receipt as checkpoint": (lambda r: r["proof"].update(checkpoint=r["note"]), None),
        "stranger's signature": (
            lambda r: r.update(note=note_of(r["note"].rpartition("\n\n")[0] + "\n", STRANGER)),
            "receipt-signature",
        ),
        "content": (lambda r: r["parts"][0].update(content="x"), "content"),
        "salt": (lambda r: r["parts"][0].update(salt="00"), "content"),
        "the first letter as the salt's end": (
            lambda r: r["parts"][0].update(
                salt=r["parts"][0]["salt"] + "7b", content=r["parts"][0]["content"].removeprefix("{")
            ),
            "content",
        ),
        "salt no hex": (lambda r: r["parts"][0].update(salt="0"), None),
        "part without name": (lambda r: r["parts"][0].pop("name"), None),
        "part of prototype": (lambda r: r["parts"][0].update(name="__proto__"), "content"),
        "part a number": (lambda r: r.update(parts=[1]), None),
        "no parts": (lambda r: r.pop("parts"), None),
        "parts empty": (lambda r: r.update(parts=[]), ""),
        "index": (lambda r: r["proof"].update(index=3), "proof"),
        "index 2.0": (lambda r: r["proof"].update(index=2.0), "proof"),
        "index null": (lambda r: r["proof"].update(index=None), "proof"),
        "path": (lambda r: r["proof"]["path"].pop(), "proof"),
        "path null": (lambda r: r["proof"].update(path=None), "proof"),
        "proof a list": (lambda r: r.update(proof=[]), None),
        "proof false": (lambda r: r.update(proof=False), None),
        "proof gone": (lambda r: r.pop("proof"), ""),
        "checkpoint of another log": (
            lambda r: r["proof"].update(checkpoint=note_of(CHECKPOINT.replace("nk.", "nl.", 1))),
            "proof",
        ),
        "no keys": (lambda r: r.pop("keys"), None),
        "stranger's keys": (
            lambda r: r["keys"].update(log=[str(STRANGER.public)]), "receipt-signature log-signature"
        ),
        "format": (lambda r: r.update(format="congnhan-receipt/2"), None),
        "format null": (lambda r: r.update(format=None), None),
        "note null": (lambda r: r.update(note=None), None),
    }  # fmt: skip
    for name, (change, expected) in cases.items():
        yield Mutant(f"receipt: {name}", of(change), expected)
