"""Files on disk: whole under their hash or not at all, and only what their content says they are."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dossiers.media_types import media_type_of
from service.dossiers.operations import clean_name
from service.dossiers.storage import path_of, read, store, sweep
from service.errors import BadInput, NotFound, StorageFull, TooLarge, UnsupportedFile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'


def office(*members: str, types: str | None = TYPES.format("")) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if types is not None:
            archive.writestr("[Content_Types].xml", types)
        for member in members:
            archive.writestr(member, "<x/>")
    return buffer.getvalue()


def kept(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def media_type(tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return media_type_of(name, content[:8192], path)


def test_a_file_is_kept_under_its_hash_and_read_back(tmp_path: Path):
    stored = store(tmp_path, io.BytesIO(PDF), 1000)

    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()
    assert b"".join(read(tmp_path, stored.sha256)) == PDF
    assert kept(tmp_path) == [path_of(tmp_path, stored.sha256)]


OLD = timedelta(days=1)


def aged(path: Path) -> Path:
    before = time.time() - 2 * OLD.total_seconds()
    os.utime(path, (before, before))
    return path


def test_a_sweep_takes_what_is_old_and_named_by_nobody(tmp_path: Path):
    named, unnamed, young = (
        path_of(tmp_path, store(tmp_path, io.BytesIO(PDF + bytes([n])), 1000).sha256) for n in range(3)
    )
    cut_off = tmp_path / "incoming-abc"
    cut_off.write_bytes(PDF)
    for path in (named, unnamed, cut_off):
        aged(path)

    assert sweep(tmp_path, lambda sha256: sha256 == named.name, OLD) == 2

    assert sorted(kept(tmp_path)) == sorted([named, young])
    assert sweep(tmp_path / "not made yet", lambda _: False, OLD) == 0


def test_what_is_stored_again_while_a_sweep_looks_at_it_stays(tmp_path: Path):
    path = aged(path_of(tmp_path, store(tmp_path, io.BytesIO(PDF), 1000).sha256))

    def named_in_a_moment(_: str) -> bool:
        store(tmp_path, io.BytesIO(PDF), 1000)  # its row has not been committed yet
        return False

    assert sweep(tmp_path, named_in_a_moment, OLD) == 0
    assert kept(tmp_path) == [path]


def test_equal_bytes_are_kept_once(tmp_path: Path):
    for _ in range(3):
        store(tmp_path, io.BytesIO(PDF), 1000)

    assert len(kept(tmp_path)) == 1


def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path):
    with pytest.raises(TooLarge):
        store(tmp_path, io.BytesIO(b"x" * 1001), 1000)

    assert kept(tmp_path) == []


def test_a_file_of_exactly_the_largest_size_is_taken(tmp_path: Path):
    assert store(tmp_path, io.BytesIO(b"x" * 1000), 1000).size == 1000


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path):
    class BrokenOff(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise ConnectionError("the browser has gone")

    with pytest.raises(ConnectionError):
        store(tmp_path, BrokenOff(), 1000)  # type: ignore[arg-type]

    assert kept(tmp_path) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync", full) if call == "fsync" else (Path, "replace", full)))

    with pytest.raises(StorageFull):
        store(tmp_path, io.BytesIO(PDF), 1000)

    monkeypatch.undo()
    assert kept(tmp_path) == []


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "files").write_text("not a directory")

    with pytest.raises(OSError, match=r"exists|Not a directory"):
        store(tmp_path / "files" / "x", io.BytesIO(PDF), 1000)


def test_what_inspection_refuses_is_not_kept(tmp_path: Path):
    def refuse(*_: Any) -> None:
        raise UnsupportedFile

    with pytest.raises(UnsupportedFile):
        store(tmp_path, io.BytesIO(PDF), 1000, refuse)

    assert kept(tmp_path) == []


def test_refusing_bytes_under_one_name_keeps_what_was_accepted_under_another(tmp_path: Path):
    stored = store(tmp_path, io.BytesIO(PDF), 1000)

    with pytest.raises(UnsupportedFile):
        store(tmp_path, io.BytesIO(PDF), 1000, lambda s, path: media_type_of("x.exe", s.head, path) and None)

    assert b"".join(read(tmp_path, stored.sha256)) == PDF


def test_a_hash_that_is_not_there_is_not_found(tmp_path: Path):
    with pytest.raises(NotFound):
        read(tmp_path, "0" * 64)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("báo cáo.PDF", PDF, "application/pdf"),
        ("anh.jpeg", b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        ("anh.png", b"\x89PNG\r\n\x1a\nrest", "image/png"),
        ("anh.webp", b"RIFF\x24\0\0\0WEBPVP8 rest", "image/webp"),
        (
            "bang.xlsx",
            office("xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_what_is_what_its_name_says_is_accepted(tmp_path: Path, name: str, content: bytes, expected: str):
    assert media_type(tmp_path, name, content) == expected


REFUSED = {
    "a renamed executable": ("báo cáo.pdf", b"MZ\x90\x00"),
    "a renamed shell script": ("báo cáo.png", b"#!/bin/sh\n"),
    "a page": ("trang.html", b"<script>alert(1)</script>"),
    "a page called a picture": ("trang.png", b"<html>"),
    "a drawing that can run": ("hinh.svg", b"<svg onload='x'/>"),
    "a program": ("x.exe", b"MZ"),
    "no extension": ("baocao", PDF),
    "two extensions": ("báo cáo.pdf.exe", PDF),
    "an archive": ("tep.zip", office("a")),
    "an archive called a document": ("tep.docx", office("a")),
    "a document without content types": ("tep.docx", office("word/document.xml", types=None)),
    "a document cut short": ("tep.docx", office("word/document.xml")[:40]),
    "a spreadsheet called a document": ("tep.docx", office("xl/workbook.xml")),
    "a macro document": ("tep.docm", office("word/document.xml", "word/vbaProject.bin")),
    "a macro document renamed": ("tep.docx", office("word/document.xml", "word/vbaProject.bin")),
    "a macro sheet renamed": ("tep.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin")),
    "macros under another name": (
        "tep.xlsx",
        office(
            "xl/workbook.xml",
            "xl/data.bin",
            types=TYPES.format(
                '<Override PartName="/xl/data.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
            ),
        ),
    ),
    "an old-style macro sheet": (
        "tep.xlsx",
        office(
            "xl/workbook.xml",
            "xl/m.xml",
            types=TYPES.format(
                '<Override PartName="/xl/m.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/>'
            ),
        ),
    ),
    "nothing but a name": ("tep.docx", b""),
    "a sound called a picture": ("anh.webp", b"RIFF\x24\0\0\0WAVEfmt "),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_a_file_that_is_not_what_it_should_be_is_refused_in_words(tmp_path: Path, what: str):
    name, content = REFUSED[what]

    with pytest.raises(UnsupportedFile, match="“"):
        media_type(tmp_path, name, content)


def test_a_list_of_content_types_that_swells_is_refused(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", " " * 50_000_000)
        archive.writestr("word/document.xml", "<x/>")

    with pytest.raises(UnsupportedFile):
        media_type(tmp_path, "tep.docx", buffer.getvalue())


@pytest.mark.parametrize(
    ("given_name", "kept_name"),
    [
        ("../../etc/báo cáo.pdf", "báo cáo.pdf"),
        ("C:\\Users\\a\\báo cáo.pdf", "báo cáo.pdf"),
        ("báo\x00cáo.pdf", "báocáo.pdf"),
        ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ("ba\u0301o.pdf", "báo.pdf"),
        ("  báo cáo.pdf ", "báo cáo.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
    ],
)
def test_a_name_is_only_a_name(given_name: str, kept_name: str):
    assert clean_name(given_name) == kept_name


def test_a_long_name_keeps_its_extension():
    assert clean_name("á" * 300 + ".pdf") == "á" * 196 + ".pdf"


@pytest.mark.parametrize("name", ["", "/", "..", " . ", "\x00\u202e"])
def test_a_name_of_nothing_is_refused(name: str):
    with pytest.raises(BadInput):
        clean_name(name)


@given(st.text(max_size=400))
def test_a_cleaned_name_is_short_flat_and_clean_already(name: str):
    try:
        cleaned = clean_name(name)
    except BadInput:
        return

    assert 0 < len(cleaned) <= 200
    assert not {"/", "\\", "\x00", "\u202e"} & set(cleaned)
    assert clean_name(cleaned) == cleaned
