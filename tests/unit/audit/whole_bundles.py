"""A bundle of each format and a receipt, made by hand as docs/log-format.md says, with keys of their own."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.audit.canonical import canonical, chain_hash
from service.audit.merkle import inclusion_proof, leaf_hash, root_of
from tests.unit.audit.test_merkle import Store
from witness.notes import LOG_ALGORITHM, WITNESS_ALGORITHM, Checkpoint, PrivateKey

LOG = PrivateKey("nk.example.vn/nhat-ky", LOG_ALGORITHM, bytes(range(32)))
WITNESS = PrivateKey("w.example.vn/nhan-chung", WITNESS_ALGORITHM, bytes(range(32, 64)))
STRANGER = PrivateKey("nk.example.vn/nhat-ky", LOG_ALGORITHM, bytes(range(64, 96)))
ANY = "any"
Files = dict[str, bytes]
Change = Callable[[Files], None]


@dataclass(frozen=True)
class Mutant:
    """`expected`: the kinds of findings, "" for whole, None for unreadable, ANY for whatever both say."""

    name: str
    content: bytes
    expected: str | None = ANY


def as_json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def stored(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return target.getvalue()


def note_of(text: str, log: PrivateKey = LOG) -> str:
    return f"{text}\n{log.signature_line(text)}{WITNESS.signature_line(text, time=1_700_500_000)}"


TYPED = {"submission": b'{"answers":{"1.1":"54,4%"},"form":""}', "note": "Bổ sung tiêu chí 2.6".encode()}
SALT = bytes(range(16))


def digest(content: bytes) -> str:
    return hashlib.sha256(SALT + content).hexdigest()


# The procedure: what the events name is the hash of this text's parts.
DIAGRAM, FORM, CATALOGUE = b"<definitions/>", '{"id": "tự đánh giá"}'.encode(), b"{}"
CALLED = "ab" * 32
PROCESS_TEXT = (
    f'{{"calls":{{"another":"{CALLED}"}},"catalogue":"{hashlib.sha256(CATALOGUE).hexdigest()}",'
    f'"diagram":"{hashlib.sha256(DIAGRAM).hexdigest()}","forms":{{"self_assess":"{hashlib.sha256(FORM).hexdigest()}"}}}}'
)
PROCESS_HASH = hashlib.sha256(PROCESS_TEXT.encode()).hexdigest()


def process() -> Files:
    summary = {
        "key": "x", "version": 1, "content_hash": PROCESS_HASH, "diagram": "process/x-v1.bpmn",
        "forms": {"self_assess": "process/forms/self_assess.form"}, "catalogue": "qd-1829",
        "calls": {"another": {"version": 1, "content_hash": CALLED}},
    }  # fmt: skip
    return {
        "process/process.json": as_json(summary),
        "process/x-v1.bpmn": DIAGRAM,
        "process/forms/self_assess.form": FORM,
        "process/catalogue.json": CATALOGUE,
    }


def bodies() -> list[bytes]:
    digests = [{}, {"submission": digest(TYPED["submission"])}, {"note": digest(TYPED["note"])}, {}]
    return [
        canonical(
            {"digests": said, "seq": seq, "stream": "case", "stream_id": "hồ-sơ-1", "type": "x"}
            | {"versions": {"process": PROCESS_HASH}}
        )
        for seq, said in enumerate(digests, 1)
    ]


def hashes_of(texts: list[bytes]) -> list[bytes]:
    found, previous = [], bytes(32)
    for text in texts:
        previous = chain_hash(previous, text)
        found.append(previous)
    return found


# Six leaves, of which the first and the fourth are another case's.
HASHES = hashes_of(bodies())
LEAVES = [bytes(32), HASHES[0], HASHES[1], bytes([1] * 32), HASHES[2], HASHES[3]]
INDEXES = [1, 2, 4, 5]
TREE = Store([leaf_hash(one) for one in LEAVES])
CHECKPOINT = str(Checkpoint(LOG.name, 6, root_of(6, TREE)))


def first_format(texts: Sequence[bytes] = ()) -> Files:
    """Of four events, those of `bodies` unless others are given."""
    texts = list(texts) or bodies()
    hashes = hashes_of(texts)
    leaves = [bytes(32), hashes[0], hashes[1], bytes([1] * 32), hashes[2], hashes[3]]
    tree = Store([leaf_hash(one) for one in leaves])
    rows = zip(texts, hashes, INDEXES, strict=True)
    events = [{"body": body.decode(), "hash": found.hex(), "index": index} for body, found, index in rows]
    paths = [[one.hex() for one in inclusion_proof(index, 6, tree)] for index in INDEXES]
    return {
        "events.jsonl": b"".join(as_json(event) + b"\n" for event in events),
        "proofs.json": as_json({"size": 6, "paths": paths}),
        "checkpoint.txt": note_of(str(Checkpoint(LOG.name, 6, root_of(6, tree)))).encode(),
        "keys.json": as_json({"log": [str(LOG.public)], "witnesses": [str(WITNESS.public)]}),
        "README.txt": "Đọc tôi".encode(),
    }


def second_format() -> Files:
    paper = b"%PDF-1.7 a paper"
    files = first_format() | process() | {f"files/{hashlib.sha256(paper).hexdigest()}-to-trinh.pdf": paper}
    files |= typed_part(2, "submission", TYPED["submission"]) | typed_part(3, "note", TYPED["note"])
    return with_manifest(files)


def typed_part(seq: int, name: str, content: bytes) -> Files:
    folder = f"submissions/{seq:06}" if name == "submission" else f"private/{seq:06}-{name}"
    part = {"seq": seq, "name": name, "salt": SALT.hex(), "digest": digest(content)}
    return {
        f"{folder}.content": content,
        f"{folder}.json": as_json(part | {"content": f"{folder}.content"}),
    }


def with_manifest(files: Files) -> Files:
    listed = [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(files.items())
        if path != "manifest.json"
    ]
    manifest = {"format": "congnhan-bundle/2", "case": "X", "minimised": False, "files": listed}
    return files | {"manifest.json": as_json(manifest)}


def receipt(*, proved: bool = True) -> dict[str, Any]:
    text = (
        f"congnhan-receipt/1\nlog {LOG.name}\ncase CN-2023-00001\nstream case hồ-sơ-1\nseq 2\n"
        f"type task_completed\nat 2023-11-20T01:02:02.000000Z\nevent {HASHES[1].hex()}\n"
        f"digest submission {digest(TYPED['submission'])}\n"
    )
    path = [one.hex() for one in inclusion_proof(2, 6, TREE)]
    return {
        "format": "congnhan-receipt/1",
        "note": f"{text}\n{LOG.signature_line(text)}",
        "keys": {"log": [str(LOG.public)], "witnesses": [str(WITNESS.public)] if proved else []},
        "parts": [{"name": "submission", "salt": SALT.hex(), "content": TYPED["submission"].decode()}],
        "proof": {"index": 2, "path": path, "checkpoint": note_of(CHECKPOINT)} if proved else None,
    }
