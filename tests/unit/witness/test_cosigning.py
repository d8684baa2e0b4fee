"""A witness cosigns growth, refuses everything else with the right status, and never forgets."""

from __future__ import annotations

import hashlib
import http.client
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from service.audit.merkle import consistency_proof, leaf_hash, root_of
from tests.servers.process import running
from tests.servers.redis import free_port
from tests.unit.audit.test_merkle import Store
from witness import memory
from witness.cosigning import Answer, Request, Witness
from witness.memory import Forgetful, Memory, alone
from witness.notes import LOG_ALGORITHM, WITNESS_ALGORITHM, Checkpoint, Note, PrivateKey
from witness.program import main
from witness.server import handler_for, path_of

ROOT = Path(__file__).parents[3]
ORIGIN = "example.vn/log"
LOG = PrivateKey(ORIGIN, LOG_ALGORITHM, bytes(32))
OTHER = PrivateKey(ORIGIN, LOG_ALGORITHM, bytes([1]) * 32)
KEY = PrivateKey("witness.example", WITNESS_ALGORITHM, bytes([2]) * 32)
TREE = Store([leaf_hash(bytes([number])) for number in range(20)])
FORK = Store([leaf_hash(bytes([number, 0])) for number in range(20)])
NOON = 1_700_000_000


def a_witness(folder: Path) -> Witness:
    return Witness(KEY, {ORIGIN: (LOG.public,)}, Memory(folder / "logs.json"), lambda: NOON)


def a_request(
    old: int, size: int, *, tree: Store = TREE, signed: PrivateKey = LOG, origin: str = ORIGIN
) -> bytes:
    checkpoint = Checkpoint(origin, size, root_of(size, tree))
    note = Note.parse(f"{checkpoint}\n{signed.signature_line(str(checkpoint))}")
    proof = tuple(consistency_proof(old, size, tree)) if old <= size else ()
    return str(Request(old, proof, note, checkpoint)).encode()


def cosigned(answer: Answer, request: bytes) -> int | None:
    """When the witness says it saw the checkpoint of the request."""
    note = Request.parse(request).note
    return Note.parse(f"{note.text}\n{answer.text}").cosigned_at(KEY.public)


def test_a_log_that_grows_is_cosigned_again_and_again(tmp_path: Path):
    witness, known = a_witness(tmp_path), 0

    for size in (0, 1, 7, 7, 8, 20):
        request = a_request(known, size)
        answer = witness.add_checkpoint(request)
        assert (answer.status, cosigned(answer, request)) == (200, NOON)
        known = size


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        (b"", 400, None),
        (b"\xff\n\n", 400, None),
        (a_request(7, 8)[1:], 400, None),
        (a_request(7, 8).replace(b"old 7", b"old 07"), 400, None),
        (a_request(7, 8).replace(b"old 7\n", b"old 7\nAAAA\n"), 400, None),
        (a_request(7, 8).replace(b"old 7\n", b"old 7\n" + b"A" * 43 + b"=\n" * 1), 422, None),
        (a_request(9, 8), 400, None),
        (a_request(7, 8, origin="elsewhere.vn/log"), 404, None),
        (a_request(7, 8, signed=OTHER), 403, None),
        (a_request(0, 8), 409, "7\n"),
        (a_request(6, 8), 409, "7\n"),  # what it knows, so that the log can prove from there
        (a_request(6, 6), 409, "7\n"),  # a rollback
        (a_request(7, 7, tree=FORK), 409, "7\n"),
        (a_request(7, 8, tree=FORK), 422, None),
        (a_request(7, 8).replace(a_request(7, 8).split(b"\n")[1], b"A" * 43 + b"="), 422, None),
    ],
)
def test_all_else_is_refused_and_nothing_forgotten(
    tmp_path: Path, request_: bytes, status: int, text: str | None
):
    witness = a_witness(tmp_path)
    witness.add_checkpoint(a_request(0, 7))

    answer = witness.add_checkpoint(request_)

    assert answer.status == status
    if text is not None:
        assert (answer.text, answer.media_type) == (text, "text/x.tlog.size")
    assert "\n7\n" in (witness.last(ORIGIN) or "")


def test_a_new_start_remembers(tmp_path: Path):
    a_witness(tmp_path).add_checkpoint(a_request(0, 7))

    assert a_witness(tmp_path).add_checkpoint(a_request(0, 7)).status == 409
    assert a_witness(tmp_path).add_checkpoint(a_request(7, 9, tree=FORK)).status == 422


def test_what_the_disk_did_not_take_was_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    witness = a_witness(tmp_path)
    witness.add_checkpoint(a_request(0, 7))
    with monkeypatch.context() as full:
        full.setattr(memory.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            witness.add_checkpoint(a_request(7, 8))

    assert a_witness(tmp_path).add_checkpoint(a_request(7, 9)).status == 200


@pytest.mark.parametrize(
    "content", ["", "{}", '{"format": 2, "logs": {}}', '{"format": 1, "logs": {"x": "y"}}']
)
def test_a_damaged_memory_is_refused(tmp_path: Path, content: str):
    (tmp_path / "logs.json").write_text(content)

    with pytest.raises(Forgetful):
        Memory(tmp_path / "logs.json")


def test_two_witnesses_do_not_share_a_memory(tmp_path: Path):
    with alone(tmp_path), pytest.raises(Forgetful), alone(tmp_path):
        pass


def test_a_rotated_log_is_known_by_both_keys(tmp_path: Path):
    keys = {ORIGIN: (LOG.public, OTHER.public)}
    witness = Witness(KEY, keys, Memory(tmp_path / "logs.json"), lambda: NOON)
    witness.add_checkpoint(a_request(0, 7))

    assert witness.add_checkpoint(a_request(7, 8, signed=OTHER)).status == 200


@pytest.fixture
def served(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(a_witness(tmp_path)))
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        server.server_close()
        serving.join()


def test_over_http(served: http.client.HTTPConnection, capsys: pytest.CaptureFixture[str]):
    def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        served.request(method, path, body)
        answer = served.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()

    assert ask("GET", path_of(ORIGIN))[0] == 404
    kept = served.sock
    assert kept is not None  # the specification wishes that connections are kept
    assert ask("GET", "/")[2] == f"{KEY.public}\n"
    assert served.sock is kept
    request = a_request(0, 7)
    status, _, line = ask("POST", "/add-checkpoint", request)
    assert (status, cosigned(Answer(status, line), request)) == (200, NOON)
    assert ask("POST", "/add-checkpoint", request) == (409, "text/x.tlog.size", "7\n")
    assert ask("POST", "/add-checkpoint", b"x" * 100_000)[0] == 413
    assert ask("POST", "/", b"")[0] == 404
    note = Note.parse(ask("GET", path_of(ORIGIN))[2])
    assert note.signed_by(LOG.public)
    assert note.cosigned_at(KEY.public) == NOON


def test_the_empty_tree_has_one_root_only(tmp_path: Path):
    """Who never cosigned has seen size zero; of the same size the roots must be the same."""
    witness = a_witness(tmp_path)

    wrong = Checkpoint(ORIGIN, 0, bytes(32))
    right = Checkpoint(ORIGIN, 0, hashlib.sha256().digest())
    answers = []
    for checkpoint in (wrong, right):
        note = f"{checkpoint}\n{LOG.signature_line(str(checkpoint))}"
        answers.append(witness.add_checkpoint(f"old 0\n\n{note}".encode()))

    assert [answer.status for answer in answers] == [409, 200]
    assert answers[0].text == "0\n"


def test_it_serves_and_says_who_it_is(tmp_path: Path):
    main(["key", "--folder", str(tmp_path), "--name", "w.example"])
    words = [sys.executable, "-m", "witness"]
    port, folder = str(free_port()), ["--folder", str(tmp_path)]
    logs = f"{LOG.public} {OTHER.public}"  # one word, as an environment hands it over
    with running(
        [*words, "serve", *folder, "--port", port, "--log", logs],
        log=tmp_path / "log",
        is_ready=lambda: probed(port, folder) == 0,
        cwd=ROOT,
    ) as process:
        (tmp_path / "other").mkdir()
        main(["key", "--folder", str(tmp_path / "other"), "--name", "w2.example"])
        assert probed(port, ["--folder", str(tmp_path / "other")]) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert probed(port, folder) == 2


def probed(port: str, folder: list[str]) -> int:
    try:
        main(["probe", *folder, "--port", port])
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


def test_its_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as refused:
        main(["key", "--folder", str(tmp_path)])
    assert refused.value.code == 2
    capsys.readouterr()

    main(["key", "--folder", str(tmp_path), "--name", "w.example"])
    main(["key", "--folder", str(tmp_path), "--name", "another"])

    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith("w.example+")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
