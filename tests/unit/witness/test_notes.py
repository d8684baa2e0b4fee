"""Signed notes as c2sp.org and Go's golang.org/x/mod/sumdb/note write them."""

from __future__ import annotations

import pytest

from witness.notes import (
    LOG_ALGORITHM,
    WITNESS_ALGORITHM,
    Checkpoint,
    Malformed,
    Note,
    PrivateKey,
    PublicKey,
    read_signatures,
    with_signatures,
)

# From the documentation and tests of Go's package note.
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = bytes(range(32))
BODY = str(Checkpoint("example.vn/log", 12, ROOT))


def test_the_note_of_the_reference_implementation():
    key = PrivateKey.parse(PRIVATE)

    assert str(key.public) == PUBLIC
    assert key.as_text() == PRIVATE
    assert key.signature_line(TEXT) == LINE
    assert Note.parse(f"{TEXT}\n{LINE}").signed_by(PublicKey.parse(PUBLIC))
    assert str(Note.parse(f"{TEXT}\n{LINE}")) == f"{TEXT}\n{LINE}"


def test_another_text_or_another_name_is_not_signed():
    key = PublicKey.parse(PUBLIC)

    assert not Note.parse(f"{TEXT.replace('think', 'know')}\n{LINE}").signed_by(key)
    assert not Note.parse(f"{TEXT}\n{LINE.replace('Peter', 'Paul')}").signed_by(key)
    with pytest.raises(Malformed, match="id does not belong"):
        PublicKey.parse(PUBLIC.replace("Peter", "Paul"))


def test_a_cosignature_says_when():
    key = PrivateKey("w.example/1", WITNESS_ALGORITHM, bytes(range(32)))
    line = key.signature_line(BODY, time=1_700_000_000)

    note = Note.parse(f"{BODY}\n{line}")

    assert note.cosigned_at(key.public) == 1_700_000_000
    [signature] = note.signatures
    assert signature.signed[:8] == (1_700_000_000).to_bytes(8, "big")
    later = (1_700_000_001).to_bytes(8, "big") + signature.signed[8:]
    moved = with_signatures(Note(BODY, ()), [type(signature)(signature.name, signature.key_id, later)])
    assert moved.cosigned_at(key.public) is None


def test_a_logs_signature_is_no_cosignature():
    seed = bytes(range(32))
    log, witness = (PrivateKey("x", kind, seed) for kind in (LOG_ALGORITHM, WITNESS_ALGORITHM))

    note = Note.parse(f"{BODY}\n{log.signature_line(BODY)}")

    assert log.public.id != witness.public.id
    assert note.cosigned_at(witness.public) is None
    assert note.cosigned_at(log.public) == 0


def test_a_checkpoint_is_three_lines():
    assert BODY == "example.vn/log\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert Checkpoint.parse(BODY) == Checkpoint("example.vn/log", 12, ROOT)
    assert Checkpoint.parse(BODY + "more\n").extensions == ("more",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.vn/log\n12\n",
        BODY[:-1],
        BODY.replace("12", "012"),
        BODY.replace("12", "-1"),
        BODY.replace("12", "１２"),
        BODY.replace("12", "1" * 19),
        BODY.replace("AAEC", "AAE"),
        BODY.replace("Hh8=", "Hh9="),  # the same bytes to a careless reader
        BODY.replace("\n12", "\n\n12"),
    ],
)
def test_what_is_no_checkpoint(text: str):
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "whole",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{LINE}"[:-1],
        f"{TEXT}\n{LINE.replace('—', '-')}",
        f"{TEXT}\n— PeterNeumann AAAA\n",
        f"{TEXT}\n— Peter+Neumann x08go/ZJ\n",
        f"{TEXT}\n{LINE * 65}",
        f"{TEXT}\r\n\n{LINE}",
        "x" * 70_000 + f"\n\n{LINE}",
    ],
)
def test_what_is_no_note(whole: str):
    with pytest.raises(Malformed):
        Note.parse(whole)


@pytest.mark.parametrize("key", ["", "x", "x+00000000+AAAA", "PRIVATE+KEY+a b+00000000+AQ==", PUBLIC + "A"])
def test_what_is_no_key(key: str):
    with pytest.raises(Malformed):
        PublicKey.parse(key)
    with pytest.raises(Malformed):
        PrivateKey.parse(key)


def test_a_private_key_is_not_shown_by_accident():
    assert "AYEK" not in repr(PrivateKey.parse(PRIVATE))


def test_signatures_are_kept_once():
    note = Note.parse(f"{TEXT}\n{LINE}")

    assert with_signatures(note, read_signatures(LINE)) == note
