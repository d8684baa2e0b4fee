"""What a file is, by its content; its name only has to agree."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from service.errors import UnsupportedFile

OOXML = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/document.xml"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/workbook.xml"),
    "pptx": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "ppt/presentation.xml",
    ),
}
_PLAIN = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
ACCEPTED = (*_PLAIN, *OOXML)
LARGEST_MEMBER_COUNT = 10_000


def media_type_of(name: str, head: bytes, path: Path) -> str:
    """The media type of a stored file; raises UnsupportedFile with the accepted kinds.

    Refused: anything that is not what its name says, documents with macros, pages and drawings that can run.
    """
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if suffix in _PLAIN:
        media_type, magic = _PLAIN[suffix]
        if head.startswith(magic):
            return media_type
        raise UnsupportedFile(
            f"Nội dung của tệp “{name}” không phải là tệp .{suffix}. Hãy kiểm tra lại tệp gốc."
        )
    if suffix in OOXML:
        return _office(name, suffix, path)
    raise UnsupportedFile(
        f"Không nhận tệp “{name}”. Các loại được nhận: {', '.join('.' + kind for kind in ACCEPTED)}."
    )


def _office(name: str, suffix: str, path: Path) -> str:
    media_type, main_part = OOXML[suffix]
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnsupportedFile(f"Tệp “{name}” bị hỏng hoặc không phải là tệp .{suffix}.") from error
    if len(members) > LARGEST_MEMBER_COUNT or main_part not in members:
        raise UnsupportedFile(f"Tệp “{name}” bị hỏng hoặc không phải là tệp .{suffix}.")
    if any(member.lower().endswith("vbaproject.bin") for member in members):
        raise UnsupportedFile(f"Tệp “{name}” có macro. Hãy lưu lại không kèm macro, hoặc xuất ra PDF.")
    return media_type
