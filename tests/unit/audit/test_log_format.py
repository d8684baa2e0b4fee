"""docs/log-format.md: its vectors hold for the service, the witness and the verifier, each for itself."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.audit.canonical import canonical, chain_hash, salted_digest
from service.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, root_of
from service.audit.operations import GENESIS
from tests.unit.audit.test_merkle import Store
from verifier import congnhan_verify as verifier
from witness.notes import LOG_ALGORITHM, WITNESS_ALGORITHM, Checkpoint, Note, PrivateKey, PublicKey
from witness.proofs import is_consistent

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "log-format.md").read_text(encoding="utf-8")
VECTORS, RECEIPT = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
TREE = Store([leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaf_data"]])
Change = Callable[[dict[str, bytes]], None]


def test_bodies_are_canonical_and_chained():
    previous, hashes = GENESIS, []
    for body in VECTORS["bodies"]:
        assert canonical(json.loads(body)) == body.encode()
        previous = chain_hash(previous, body.encode())
        hashes.append(previous.hex())

    assert hashes == VECTORS["hashes"]


def test_the_tree():
    assert [leaf.hex() for leaf in TREE(0, 0, 4)] == VECTORS["leaf_hashes"]
    for size, root in VECTORS["roots"].items():
        assert root_of(int(size), TREE).hex() == root
    for index, path in zip(VECTORS["indexes"], VECTORS["paths"], strict=True):
        assert [step.hex() for step in inclusion_proof(index, 4, TREE)] == path
    for sizes, path in VECTORS["consistency"].items():
        old, new = map(int, sizes.split())
        proof = consistency_proof(old, new, TREE)
        assert [step.hex() for step in proof] == path
        assert is_consistent(old, root_of(old, TREE), new, root_of(new, TREE), proof)


def test_keys_and_the_checkpoint():
    log, witness = (PublicKey.parse(VECTORS[name]) for name in ("log_key", "witness_key"))
    log_key = PrivateKey(log.name, LOG_ALGORITHM, bytes.fromhex(VECTORS["log_seed"]))
    witness_key = PrivateKey(witness.name, WITNESS_ALGORITHM, bytes.fromhex(VECTORS["witness_seed"]))

    text = str(Checkpoint(log.name, 4, bytes.fromhex(VECTORS["roots"]["4"])))
    lines = log_key.signature_line(text) + witness_key.signature_line(text, time=VECTORS["cosigned_at"])

    assert (log_key.public, witness_key.public) == (log, witness)
    assert f"{text}\n{lines}" == VECTORS["checkpoint"]
    note = Note.parse(VECTORS["checkpoint"])
    assert note.signed_by(log)
    assert note.cosigned_at(witness) == VECTORS["cosigned_at"]


def the_files() -> dict[str, bytes]:
    rows = zip(VECTORS["bodies"], VECTORS["hashes"], VECTORS["indexes"], strict=True)
    events = [{"body": body, "hash": found, "index": index} for body, found, index in rows]
    keys = {"log": [VECTORS["log_key"]], "witnesses": [VECTORS["witness_key"]]}
    return {
        "events.jsonl": "".join(f"{json.dumps(event)}\n" for event in events).encode(),
        "proofs.json": json.dumps({"size": 4, "paths": VECTORS["paths"]}).encode(),
        "checkpoint.txt": VECTORS["checkpoint"].encode(),
        "keys.json": json.dumps(keys).encode(),
    }


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def test_the_receipt_and_what_was_typed():
    keys = {"log": [VECTORS["log_key"]], "witnesses": [VECTORS["witness_key"]]}
    proof = {"index": 2, "path": VECTORS["paths"][1], "checkpoint": VECTORS["checkpoint"]}
    receipt = {"format": "congnhan-receipt/1", "note": RECEIPT["receipt"], "keys": keys, "parts": []}

    promise = verifier.verify(json.dumps(receipt | {"proof": None}).encode())
    proved = verifier.verify(json.dumps(receipt | {"proof": proof}).encode())

    assert (promise["verdict"], promise["size"]) == ("whole", None)
    assert (proved["verdict"], proved["size"], list(proved["witnesses"])) == (
        "whole", 4, [PublicKey.parse(VECTORS["witness_key"]).name],
    )  # fmt: skip
    text = RECEIPT["receipt"].partition("\n\n")[0] + "\n"
    log_key = PrivateKey(VECTORS["log_key"].split("+")[0], LOG_ALGORITHM, bytes.fromhex(VECTORS["log_seed"]))
    assert f"{text}\n{log_key.signature_line(text)}" == RECEIPT["receipt"]
    assert salted_digest(bytes.fromhex(RECEIPT["salt"]), RECEIPT["content"].encode()) == RECEIPT["digest"]


def wrong_with(
    files: dict[str, bytes], log: tuple[str, ...] = (), witness: tuple[str, ...] = ()
) -> list[str]:
    result = verifier.verify(dict(files), log, witness)
    return [f"{one['place']}: {one['sentence']}" for one in result["findings"]]


def test_the_verifier_finds_a_bundle_of_the_vectors_whole():
    assert wrong_with(the_files()) == []
    assert wrong_with(the_files(), (VECTORS["log_key"],), (VECTORS["witness_key"],)) == []


def events_of(files: dict[str, bytes], change: Callable[[list[Any]], object]) -> None:
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    change(events)
    files["events.jsonl"] = "".join(f"{json.dumps(event)}\n" for event in events).encode()


def proofs_of(files: dict[str, bytes], change: Callable[[list[Any]], object]) -> None:
    proofs = json.loads(files["proofs.json"])
    change(proofs["paths"])
    files["proofs.json"] = json.dumps(proofs).encode()


def hashed_again(events: list[Any]) -> None:
    previous = GENESIS
    events[1]["body"] = events[1]["body"].replace("self_assess", "self_praise")
    for event in events:
        previous = chain_hash(previous, event["body"].encode())
        event["hash"] = previous.hex()


def replaced(name: str, old: str, new: str) -> Change:
    def change(files: dict[str, bytes]) -> None:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return change


OTHER = str(PrivateKey(VECTORS["log_key"].split("+")[0], LOG_ALGORITHM, bytes(32)).public)
CHANGES: dict[str, tuple[Change, str]] = {
    "a body": (lambda files: events_of(files, lambda e: e[1].update(body="{}")), "sự kiện 2: mã băm"),
    "a hash": (lambda files: events_of(files, lambda e: e[2].update(hash="00" * 32)), "sự kiện 3: mã băm"),
    "an event gone": (lambda files: events_of(files, lambda e: e.pop(1)), "sự kiện 2: "),
    "two exchanged": (lambda files: events_of(files, list.reverse), "sự kiện 1: "),
    "an end hashed again": (lambda files: events_of(files, hashed_again), "sự kiện 2: không nằm ở lá số 2"),
    "another leaf": (lambda files: events_of(files, lambda e: e[0].update(index=1)), "lá số 1"),
    "a leaf below none": (lambda files: events_of(files, lambda e: e[0].update(index=-4)), "lá số -4"),
    "a path": (lambda files: proofs_of(files, lambda p: p[0].reverse()), "sự kiện 1: không nằm"),
    "a path too short": (lambda files: proofs_of(files, lambda p: p[0].pop()), "sự kiện 1: không nằm"),
    "a path too long": (lambda files: proofs_of(files, lambda p: p[0].append("00" * 32)), "sự kiện 1"),
    "no path": (lambda files: proofs_of(files, lambda p: p.pop()), "proofs.json"),
    "a path of words": (
        lambda files: proofs_of(files, lambda p: p.__setitem__(0, "xyz")),
        "sự kiện 1: không nằm",
    ),
    "the size": (replaced("checkpoint.txt", "\n4\n", "\n5\n"), "khóa nhật ký"),
    "the origin": (replaced("checkpoint.txt", "congnhan.", "congnham."), "khóa nhật ký"),
    "another log's key": (replaced("keys.json", VECTORS["log_key"], OTHER), "khóa nhật ký"),
    "a witness's line gone": (
        lambda files: files.update({"checkpoint.txt": files["checkpoint.txt"].rsplit("— ".encode(), 1)[0]}),
        "nhân chứng",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_verifier_names_what_was_changed(name: str):
    change, sentence = CHANGES[name]
    files = the_files()

    change(files)

    assert any(sentence in problem for problem in wrong_with(files))


def test_named_keys_are_the_only_ones_that_count():
    assert any("khóa nhật ký" in problem for problem in wrong_with(the_files(), (OTHER,)))
    stranger = str(PrivateKey("w.example", WITNESS_ALGORITHM, bytes(32)).public)
    assert any("w.example" in problem for problem in wrong_with(the_files(), (), (stranger,)))


@pytest.mark.parametrize("seed", range(16))
def test_a_changed_byte_is_never_overlooked_and_never_a_crash(tmp_path: Path, seed: int):
    chance, files = random.Random(seed), the_files()
    name = chance.choice(sorted(files))
    content = bytearray(files[name])
    place = chance.randrange(len(content))
    content[place] ^= 1 << chance.randrange(8)
    files[name] = bytes(content)
    try:
        changes_nothing = name.endswith("json") and json.loads(files[name]) == json.loads(the_files()[name])
    except ValueError:
        changes_nothing = False

    with pytest.raises(SystemExit) as ended:
        verifier.main([str(archive(tmp_path / "x.zip", files)), "--json"])

    # The number in proofs.json is told for people; what counts is signed.
    assert ended.value.code in ((0, 1, 2) if changes_nothing or name == "proofs.json" else (1, 2))


def test_by_itself_in_an_empty_folder(tmp_path: Path):
    program = (ROOT / "verifier" / "congnhan_verify.py").read_bytes()
    (tmp_path / "v.py").write_bytes(program)
    archive(tmp_path / "goi.zip", the_files())

    ended = subprocess.run(
        [sys.executable, "-I", "-S", "v.py", "goi.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Gói nguyên vẹn." in ended.stdout


@pytest.mark.parametrize("content", [b"", b"PK", b"nothing"])
def test_what_is_no_bundle_is_said(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "x.zip").write_bytes(content)

    with pytest.raises(SystemExit) as ended:
        verifier.main([str(tmp_path / "x.zip")])

    assert ended.value.code == 2
    assert "Không đọc được gói" in capsys.readouterr().err


def test_an_archive_with_two_files_of_one_name_is_refused(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in the_files().items():
            target.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("keys.json", b"{}")
    (tmp_path / "x.zip").write_bytes(buffer.getvalue())

    with pytest.raises(SystemExit) as ended:
        verifier.main([str(tmp_path / "x.zip")])

    assert ended.value.code == 2
