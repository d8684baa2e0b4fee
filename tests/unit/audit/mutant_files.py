"""Bundles whose files were altered, in every way that we could think of.

What a mutant is expected to be stands beside it: it follows from docs/log-format.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.unit.audit.whole_bundles import (
    CHECKPOINT,
    LOG,
    STRANGER,
    WITNESS,
    Change,
    Files,
    Mutant,
    as_json,
    first_format,
    hashes_of,
    second_format,
    stored,
    with_manifest,
)
from witness.ed25519 import ORDER, P
from witness.notes import text64


def swapped(name: str, old: bytes, new: bytes, times: int = 1) -> Change:
    def change(files: Files) -> None:
        assert old in files[name], (name, old)
        files[name] = files[name].replace(old, new, times)

    return change


def unchanged(_: Any) -> None:
    pass


def without(name: str) -> Change:
    def change(files: Files) -> None:
        del files[name]

    return change


def both(one: Change, other: Change) -> Change:
    def change(files: Files) -> None:
        one(files)
        other(files)

    return change


def events(change: Callable[[list[Any]], object]) -> Change:
    def apply(files: Files) -> None:
        found = [json.loads(line) for line in files["events.jsonl"].splitlines()]
        change(found)
        files["events.jsonl"] = b"".join(as_json(event) + b"\n" for event in found)

    return apply


def document(name: str, change: Callable[[Any], object]) -> Change:
    def apply(files: Files) -> None:
        found = json.loads(files[name])
        change(found)
        files[name] = as_json(found)

    return apply


def rehashed(found: list[Any]) -> None:
    found[1]["body"] = found[1]["body"].replace('"x"', '"y"')
    for event, digest_ in zip(found, hashes_of([e["body"].encode() for e in found]), strict=True):
        event["hash"] = digest_.hex()


def signature_changed(change: Callable[[bytes], bytes], line: int = 0) -> Change:
    """The 64 bytes of the log's (0) or the witness's (1) signature."""

    def apply(files: Files) -> None:
        head, _, tail = files["checkpoint.txt"].decode().rpartition("\n\n")
        lines = tail.splitlines()
        dash, name, encoded = lines[line].split(" ")
        blob = base64.b64decode(encoded)
        lines[line] = f"{dash} {name} {text64(blob[:-64] + change(blob[-64:]))}"
        files["checkpoint.txt"] = "\n".join([head, "", *lines, ""]).encode()

    return apply


def plus_order(signature: bytes) -> bytes:
    return signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")


def key_text(public: bytes, algorithm: int = 1, name: str = LOG.name) -> str:
    material = bytes([algorithm]) + public
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    return f"{name}+{key_id.hex()}+{text64(material)}"


def forged_by(public: bytes) -> Change:
    """A key under which the neutral point and S = 0 would sign everything for whoever checks loosely."""

    def apply(files: Files) -> None:
        key = key_text(public)
        blob = bytes.fromhex(key.split("+")[1]) + (1).to_bytes(32, "little") + bytes(32)
        files["checkpoint.txt"] = f"{CHECKPOINT}\n— {LOG.name} {text64(blob)}\n".encode()
        files["keys.json"] = as_json({"log": [key], "witnesses": []})

    return apply


def loose_base64(files: Files) -> None:
    """The last letter before the padding has bits that nobody reads."""
    content = files["checkpoint.txt"].decode()
    root = content.split("\n")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    files["checkpoint.txt"] = content.replace(
        root, f"{root[:-2]}{letters[letters.index(root[-2]) + 1]}="
    ).encode()


def first_word_to_salt(files: Files) -> None:
    """The digest stays, and what was typed says less."""
    content = files["private/000003-note.content"]
    files["private/000003-note.content"] = content[8:]
    document("private/000003-note.json", lambda p: p.update(salt=p["salt"] + content[:8].hex()))(files)


def deep(levels: int) -> Change:
    return swapped("proofs.json", b'"size"', b'"x": ' + b"[" * levels + b"]" * levels + b', "size"')


E, PR, C, K, M = "events.jsonl", "proofs.json", "checkpoint.txt", "keys.json", "manifest.json"
S, PV = "submissions/000002", "private/000003-note"

# {what: (change, kinds)}; of the second format its manifest is made anew afterwards.
CHANGES: dict[str, tuple[Change, str | None]] = {
    "nothing": (unchanged, ""),
    "body": (events(lambda e: e[1].update(body="{}")), "chain number content"),
    "body no json": (events(lambda e: e[3].update(body="x")), "chain number"),
    "body a list": (events(lambda e: e[3].update(body="[1]")), "chain number"),
    "body with NaN": (
        events(lambda e: e[3].update(body=e[3]["body"].replace('"x"', "NaN"))), "chain number"
    ),
    "body says seq twice": (
        events(lambda e: e[3].update(body=e[3]["body"].replace('"seq":4', '"seq":4,"seq":4'))),
        "chain number",
    ),
    "seq 4.0": (events(lambda e: e[3].update(body=e[3]["body"].replace(":4,", ":4.0,"))), "chain number"),
    "seq true": (events(lambda e: e[0].update(body=e[0]["body"].replace(":1,", ":true,"))), "chain number"),
    "seq of text": (events(lambda e: e[0].update(body=e[0]["body"].replace(":1,", ':"1",'))), "chain number"),
    "blank in a body": (events(lambda e: e[0].update(body=e[0]["body"] + " ")), "chain"),
    "another stream": (
        events(lambda e: e[2].update(body=e[2]["body"].replace("sơ-1", "sơ-2"))), "chain number"
    ),
    "hash": (events(lambda e: e[3].update(hash="00" * 32)), "chain proof"),
    "hash in capitals": (events(lambda e: e[3].update(hash=e[3]["hash"].upper())), "chain proof"),
    "hash with blanks": (events(lambda e: e[3].update(hash=" " + e[3]["hash"])), "chain proof"),
    "event gone": (events(lambda e: e.pop(0)), "chain number proof content"),
    "last event gone": (events(lambda e: e.pop()), "proof"),
    "last event and path gone": (
        both(events(lambda e: e.pop()), document(PR, lambda p: p["paths"].pop())), ""
    ),
    "event twice": (events(lambda e: e.append(e[3])), "chain number proof"),
    "exchanged": (events(list.reverse), "chain number proof content"),
    "tail rehashed": (events(rehashed), "proof"),
    "index": (events(lambda e: e[0].update(index=0)), "proof"),
    "index negative": (events(lambda e: e[0].update(index=-5)), "proof"),
    "index -0": (swapped(E, b'"index": 1', b'"index": -0'), "proof"),
    "index beyond": (events(lambda e: e[0].update(index=6)), "proof"),
    "index 2^53-1": (events(lambda e: e[0].update(index=2**53 - 1)), "proof"),
    "index 2^53": (events(lambda e: e[0].update(index=2**53)), None),
    "index huge": (events(lambda e: e[0].update(index=10**400)), None),
    "index 1.0": (swapped(E, b'"index": 1', b'"index": 1.0'), None),
    "index 1e0": (swapped(E, b'"index": 1', b'"index": 1e0'), None),
    "index true": (events(lambda e: e[0].update(index=True)), None),
    "index 01": (swapped(E, b'"index": 1', b'"index": 01'), None),
    "index NaN": (swapped(E, b'"index": 1', b'"index": NaN'), None),
    "index missing": (events(lambda e: e[0].pop("index")), None),
    "body null": (events(lambda e: e[0].update(body=None)), None),
    "half of a pair": (swapped(E, b'{\\"digests', b'\\ud800{\\"digests'), None),
    "pair escaped": (events(lambda e: e[3].update(more="\U0001f600")), ""),
    "name twice": (swapped(E, b'"index": 1', b'"index": 1, "index": 1'), None),
    "name twice, escaped": (swapped(E, b'"index": 1', b'"index": 1, "\\u0069ndex": 1'), None),
    "prototype": (swapped(E, b'"index": 1', b'"index": 1, "__proto__": {"x": 1}'), ""),
    "prototype instead of": (swapped(E, b'"index": 1', b'"__proto__": {"index": 1}'), None),
    "control character": (swapped(E, b'"body": "', b'"body": "\x01'), None),
    "single quotes": (swapped(E, b'"index": 1', b"'index': 1"), None),
    "comma at the end": (swapped(E, b'"index": 1', b'"index": 1,'), None),
    "escape of another language": (swapped(E, b'"body": "', b'"body": "\\x41'), None),
    "four digits with a sign": (swapped(E, b'"body": "', b'"body": "\\u+041'), None),
    "no events": (lambda files: files.update({E: b""}), None),
    "empty line": (swapped(E, b"\n", b"\n\n"), None),
    "no newline at the end": (lambda files: files.update({E: files[E].removesuffix(b"\n")}), ""),
    "CRLF in events": (lambda files: files.update({E: files[E].replace(b"\n", b"\r\n")}), ""),
    "BOM before events": (lambda files: files.update({E: b"\xef\xbb\xbf" + files[E]}), None),
    "BOM before proofs": (lambda files: files.update({PR: b"\xef\xbb\xbf" + files[PR]}), None),
    "no UTF-8": (swapped(E, b'"body"', b'"\xffody"'), None),
    "surrogates in UTF-8": (swapped(E, b'"body": "', b'"body": "\xed\xa0\x80'), None),
    "overlong UTF-8": (swapped(E, b'"body": "', b'"body": "\xc0\xaf'), None),
    "other spaces": (swapped(PR, b'"size": 6', '"size":\xa06'.encode()), None),
    "form feed": (swapped(PR, b'"size": 6', b'"size":\x0c6'), None),
    "spaces of json": (swapped(PR, b'"size": 6', b'"size" :\t\r\n6'), ""),
    "path reversed": (document(PR, lambda p: p["paths"][0].reverse()), "proof"),
    "path too short": (document(PR, lambda p: p["paths"][0].pop()), "proof"),
    "path too long": (document(PR, lambda p: p["paths"][0].append("00" * 32)), "proof"),
    "path of 65": (document(PR, lambda p: p["paths"].__setitem__(0, ["00" * 32] * 65)), "proof"),
    "path of words": (document(PR, lambda p: p["paths"].__setitem__(0, "xyz")), "proof"),
    "path of numbers": (document(PR, lambda p: p["paths"].__setitem__(0, [1, 2, 3])), "proof"),
    "path with blanks": (document(PR, lambda p: p["paths"][0].__setitem__(0, "00 " * 21 + "0")), "proof"),
    "paths exchanged": (document(PR, lambda p: p["paths"].reverse()), "proof"),
    "paths null": (document(PR, lambda p: p.update(paths=None)), "proof"),
    "no paths": (document(PR, lambda p: p.pop("paths")), "proof"),
    "proofs a list": (lambda files: files.update({PR: b"[]"}), "proof"),
    "size in proofs": (document(PR, lambda p: p.update(size=7)), "proof"),
    "size in proofs of text": (document(PR, lambda p: p.update(size="6")), "proof"),
    "100 levels": (deep(99), ""),
    "101 levels": (deep(100), None),
    "100,000 levels": (deep(100_000), None),
    "size": (swapped(C, b"\n6\n", b"\n7\n"), "proof log-signature witness-signature"),
    "size 06": (swapped(C, b"\n6\n", b"\n06\n"), None),
    "size -6": (swapped(C, b"\n6\n", b"\n-6\n"), None),
    "size +6": (swapped(C, b"\n6\n", b"\n+6\n"), None),
    "size in Arabic digits": (swapped(C, b"\n6\n", "\n٦\n".encode()), None),
    "size of 15 digits": (
        swapped(C, b"\n6\n", b"\n999999999999999\n"), "proof log-signature witness-signature"
    ),
    "size of 16 digits": (swapped(C, b"\n6\n", b"\n9999999999999999\n"), None),
    "size 0": (swapped(C, b"\n6\n", b"\n0\n"), "proof log-signature witness-signature"),
    "origin": (swapped(C, b"nk.ex", b"nl.ex"), "log-signature witness-signature"),
    "extension line": (swapped(C, b"\n\n", b"\nmore\n\n"), "log-signature witness-signature"),
    "root": (swapped(C, b"\n6\n", b"\n6\nA"), None),
    "root loosely": (loose_base64, None),
    "root without padding": (swapped(C, b"=\n\n", b"\n\n"), None),
    "CRLF in the note": (lambda files: files.update({C: files[C].replace(b"\n", b"\r\n")}), None),
    "tab in the note": (swapped(C, b"\n6\n", b"\n6\t\n"), None),
    "BOM before the note": (
        lambda files: files.update({C: b"\xef\xbb\xbf" + files[C]}), "log-signature witness-signature"
    ),
    "hyphen for dash": (swapped(C, "— ".encode(), b"- "), None),
    "note without end": (lambda files: files.update({C: files[C].removesuffix(b"\n")}), None),
    "note without signatures": (lambda files: files.update({C: files[C].partition(b"\n\n")[0]}), None),
    "two empty lines": (swapped(C, b"\n\n", b"\n\n\n"), None),
    "65 signatures": (
        lambda files: files.update({C: files[C] + "— a AAAAAAAA\n".encode() * 63}), None
    ),
    "64 signatures": (lambda files: files.update({C: files[C] + "— a AAAAAAAA\n".encode() * 62}), ""),
    "a signature too short": (lambda files: files.update({C: files[C] + "— a AAAA\n".encode()}), None),
    "no name": (lambda files: files.update({C: files[C] + "—  AAAAAAAA\n".encode()}), None),
    "log's line gone": (
        lambda files: files.update(
            {C: f"{CHECKPOINT}\n{WITNESS.signature_line(CHECKPOINT, time=1)}".encode()}
        ),
        "log-signature",
    ),
    "witness's line gone": (
        lambda files: files.update({C: f"{CHECKPOINT}\n{LOG.signature_line(CHECKPOINT)}".encode()}),
        "witness-signature",
    ),
    "both lines exchanged": (
        lambda files: files.update(
            {
                C: (
                    f"{CHECKPOINT}\n{WITNESS.signature_line(CHECKPOINT, time=2**64 - 1)}"
                    f"{LOG.signature_line(CHECKPOINT)}"
                ).encode()
            }
        ),
        "",
    ),
    "another time": (signature_changed(lambda s: s, 1), ""),
    "S + L": (signature_changed(plus_order), "log-signature"),
    "S + L of the witness": (signature_changed(plus_order, 1), "witness-signature"),
    "S of ones": (signature_changed(lambda s: s[:32] + b"\xff" * 32), "log-signature"),
    "S zero": (signature_changed(lambda s: s[:32] + bytes(32)), "log-signature"),
    "R no point": (signature_changed(lambda s: (2).to_bytes(32, "little") + s[32:]), "log-signature"),
    "R beyond P": (signature_changed(lambda s: (P + 1).to_bytes(32, "little") + s[32:]), "log-signature"),
    "R minus zero": (
        signature_changed(lambda s: (1 | 1 << 255).to_bytes(32, "little") + s[32:]), "log-signature"
    ),
    "signature too short": (signature_changed(lambda s: s[:-1]), "log-signature"),
    "signature too long": (signature_changed(lambda s: s + b"\0"), "log-signature"),
    "key of order 1": (forged_by((1).to_bytes(32, "little")), "log-signature"),
    "key of order 2": (forged_by((P - 1).to_bytes(32, "little")), "log-signature"),
    "key of order 4": (forged_by(bytes(32)), "log-signature"),
    "key of order 4, other": (forged_by((1 << 255).to_bytes(32, "little")), "log-signature"),
    "key of order 1, beyond P": (forged_by((P + 1).to_bytes(32, "little")), "log-signature"),
    "key minus zero": (forged_by((1 | 1 << 255).to_bytes(32, "little")), "log-signature"),
    "key no point": (forged_by((2).to_bytes(32, "little")), "log-signature"),
    # A point of order 8, from the list of small orders in RFC 7748's and libsodium's blacklists.
    "key of order 8": (
        forged_by(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
        "log-signature",
    ),
    "stranger's key": (document(K, lambda k: k.update(log=[str(STRANGER.public)])), "log-signature"),
    "stranger's key beside": (document(K, lambda k: k["log"].insert(0, str(STRANGER.public))), ""),
    "no log key": (document(K, lambda k: k.update(log=[])), "log-signature"),
    "no witness": (document(K, lambda k: k.update(witnesses=[])), ""),
    "witness as log": (document(K, lambda k: k.update(log=[str(WITNESS.public)])), None),
    "log as witness": (document(K, lambda k: k.update(witnesses=[str(LOG.public)])), None),
    "a witness that did not sign": (
        document(K, lambda k: k["witnesses"].append(key_text(WITNESS.public.key, 4, "other"))),
        "witness-signature",
    ),
    "keys as text": (document(K, lambda k: k.update(log=str(LOG.public))), None),
    "key a number": (document(K, lambda k: k.update(log=[1])), None),
    "key's id": (swapped(K, b'"nk.example.vn/nhat-ky+', b'"nk.example.vn/nhat-ky+0'), None),
    "key too long": (document(K, lambda k: k.update(log=[key_text(bytes(33))])), None),
    "key without name": (document(K, lambda k: k.update(log=[key_text(LOG.public.key, 1, "")])), None),
    "key with a newline": (document(K, lambda k: k["log"].append(k["log"][0] + "\n")), None),
    "keys a list": (lambda files: files.update({K: b"[]"}), None),
    "no witnesses": (document(K, lambda k: k.pop("witnesses")), None),
    "101 keys": (document(K, lambda k: k.update(log=k["log"] * 101)), None),
    "no checkpoint": (without(C), None),
    "no proofs": (without(PR), None),
    "empty keys": (lambda files: files.update({K: b""}), None),
}  # fmt: skip

# Of the second format only; nothing is done about its manifest.
OF_THE_SECOND: dict[str, tuple[Change, str | None]] = {
    "whole": (unchanged, ""),
    "extra file": (lambda files: files.update(extra=b""), "manifest"),
    "file gone": (without("README.txt"), "manifest"),
    "readme": (swapped("README.txt", b"t", b"T"), "manifest"),
    "readme longer": (swapped("README.txt", b"t", b"tt"), "manifest"),
    "manifest gone": (without(M), "manifest"),
    "manifest empty": (lambda files: files.update({M: b""}), None),
    "manifest of another format": (swapped(M, b"bundle/2", b"bundle/3"), None),
    "manifest a list": (lambda files: files.update({M: b"[]"}), None),
    "manifest's path a number": (document(M, lambda m: m["files"][0].update(path=1)), None),
    "manifest's size": (document(M, lambda m: m["files"][0].update(size=1)), "manifest"),
    "manifest's size 1.0": (swapped(M, b'"size": ', b'"size": 0.0, "was": '), None),
    "manifest's size negative": (document(M, lambda m: m["files"][0].update(size=-1)), "manifest"),
    "manifest's hash": (document(M, lambda m: m["files"][0].update(sha256="0" * 64)), "manifest"),
    "manifest's hash in capitals": (document(M, lambda m: m["files"][0].update(sha256="A" * 64)), None),
    "manifest names twice": (document(M, lambda m: m["files"].append(m["files"][0])), "manifest"),
    "manifest names itself": (
        document(M, lambda m: m["files"].append({"path": M, "size": 1, "sha256": "0" * 64})), "manifest"
    ),
    "manifest names less": (document(M, lambda m: m["files"].pop()), "manifest"),
    "manifest in another order": (document(M, lambda m: m["files"].reverse()), ""),
    "content": (swapped(f"{S}.content", b"54,4", b"94,4"), "manifest content"),
}  # fmt: skip
PARTS: dict[str, tuple[Change, str | None]] = {
    "content, listed": (swapped(f"{S}.content", b"54,4", b"94,4"), "content"),
    "typed, listed": (lambda files: files.update({f"{PV}.content": b"x"}), "content"),
    "salt": (document(f"{S}.json", lambda p: p.update(salt="00" * 16)), "content"),
    "salt in capitals": (document(f"{S}.json", lambda p: p.update(salt=p["salt"].upper())), "content"),
    "salt of odd length": (document(f"{S}.json", lambda p: p.update(salt="0")), "content"),
    "the first word typed as the salt's end": (first_word_to_salt, "content"),
    "salt a number": (document(f"{S}.json", lambda p: p.update(salt=0)), "content"),
    "digest": (document(f"{S}.json", lambda p: p.update(digest="00" * 32)), "content"),
    "seq": (document(f"{S}.json", lambda p: p.update(seq=3)), "content"),
    "seq 0": (document(f"{S}.json", lambda p: p.update(seq=0)), "content"),
    "seq -2": (document(f"{S}.json", lambda p: p.update(seq=-2)), "content"),
    "seq 99": (document(f"{S}.json", lambda p: p.update(seq=99)), "content"),
    "seq true": (document(f"{S}.json", lambda p: p.update(seq=True)), "content"),
    "another name": (document(f"{PV}.json", lambda p: p.update(name="reason")), "content"),
    "name of every object": (document(f"{PV}.json", lambda p: p.update(name="__proto__")), "content"),
    "name constructor": (document(f"{PV}.json", lambda p: p.update(name="constructor")), "content"),
    "content elsewhere": (document(f"{PV}.json", lambda p: p.update(content="nowhere")), "content"),
    "content a list": (document(f"{PV}.json", lambda p: p.update(content=[])), "content"),
    "a typed part among submissions": (
        lambda files: files.update({"submissions/x.json": files[f"{PV}.json"]}), "content"
    ),
    "part no json": (lambda files: files.update({f"{S}.json": b"x"}), "content"),
    "part a number": (lambda files: files.update({f"{S}.json": b"1"}), "content"),
    "part gone, content left": (without(f"{S}.json"), "content"),
    "erased": (both(without(f"{S}.json"), without(f"{S}.content")), ""),
    "a stray content": (lambda files: files.update({"private/x": b""}), "content"),
    "a file under another hash": (
        lambda files: files.update({"files/" + "0" * 64 + "-x.pdf": b""}), "file"
    ),
    "diagram": (swapped("process/x-v1.bpmn", b"<d", b"<e"), "process"),
    "form": (swapped("process/forms/self_assess.form", b"id", b"di"), "process"),
    "catalogue": (swapped("process/catalogue.json", b"{}", b"[]"), "process"),
    "process gone": (without("process/process.json"), "process"),
    "form gone": (without("process/forms/self_assess.form"), "process"),
    "no procedure at all": (
        lambda files: [files.pop(name) for name in list(files) if name.startswith("process/")], ""
    ),
    "process's hash": (
        document("process/process.json", lambda p: p.update(content_hash="0" * 64)), "process"
    ),
    "process no json": (lambda files: files.update({"process/process.json": b"x"}), "process"),
    "process null": (lambda files: files.update({"process/process.json": b"null"}), "process"),
    "process's forms a list": (document("process/process.json", lambda p: p.update(forms=[])), "process"),
    "process's form a list": (
        document("process/process.json", lambda p: p["forms"].update(self_assess=[])), "process"
    ),
    "process's calls null": (document("process/process.json", lambda p: p.update(calls=None)), "process"),
    "process's calls gone": (document("process/process.json", lambda p: p.pop("calls")), "process"),
    "process's call a number": (
        document("process/process.json", lambda p: p["calls"].update(another=1)), "process"
    ),
    "process's call's hash": (
        document("process/process.json", lambda p: p["calls"]["another"].update(content_hash=1)), "process"
    ),
    "another process": (
        document("process/process.json", lambda p: p["calls"].update(other={"content_hash": ""})), "process"
    ),
    "a form of every object": (
        document("process/process.json", lambda p: p["forms"].update(__proto__=p["diagram"])), "process"
    ),
    "a file without its name": (
        lambda files: files.update({"files/" + hashlib.sha256(b"").hexdigest(): b""}), "file"
    ),
}  # fmt: skip


def bundles() -> Iterator[Mutant]:
    for name, (change, expected) in CHANGES.items():
        first, second = first_format(), second_format()
        for files, more in ((first, "1"), (second, "2")):
            change(files)
            # The typed parts exist in the second format only.
            kinds = expected.replace("content", "").strip() if expected and more == "1" else expected
            yield Mutant(f"{more}: {name}", stored(with_manifest(files) if more == "2" else files), kinds)
    for name, (change, expected) in OF_THE_SECOND.items():
        files = second_format()
        change(files)
        yield Mutant(f"manifest: {name}", stored(files), expected)
    for name, (change, expected) in PARTS.items():
        files = second_format()
        change(files)
        yield Mutant(f"part: {name}", stored(with_manifest(files)), expected)
