"""What a file is, by its content; its name only has to agree."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from service.errors import UnsupportedFile
from service.wording import _

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
    "webp": ("image/webp", b"RIFF"),
}
ACCEPTED = (*_PLAIN, *OOXML)
# What a browser shows by itself and cannot run; everything else is handed out for saving only.
SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp"})
# As much of the beginning as tells one plain type from another.
TELLING = 12
LARGEST_MEMBER_COUNT = 10_000
LARGEST_TYPES_LIST = 1024 * 1024


def media_type_of(name: str, head: bytes, path: Path) -> str:
    """The media type of a stored file; raises UnsupportedFile with the accepted kinds.

    Refused: anything that is not what its name says, documents with macros, pages and drawings that can run.
    """
    suffix = require_accepted_name(name)
    if suffix in OOXML:
        return _office(name, suffix, path)
    require_beginning(name, head)
    return _PLAIN[suffix][0]


def require_accepted_name(name: str) -> str:
    """The suffix of a name that may be taken, before a byte of it has come; raises UnsupportedFile."""
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if suffix not in ACCEPTED:
        raise UnsupportedFile(
            _(
                "Không nhận tệp “%(name)s”. Các loại được nhận: %(accepted)s.",
                name=name,
                accepted=", ".join("." + kind for kind in ACCEPTED),
            )
        )
    return suffix


def require_beginning(name: str, head: bytes) -> None:
    """Whether `head`, at least TELLING bytes or the whole file, can begin such a file; Office files may."""
    suffix = require_accepted_name(name)
    if suffix not in _PLAIN:
        return
    begins = head.startswith(_PLAIN[suffix][1])
    # RIFF is a family of formats; only the fourth word says that it is a picture.
    if not begins or (suffix == "webp" and head[8:12] != b"WEBP"):
        raise UnsupportedFile(
            _(
                "Nội dung của tệp “%(name)s” không phải là tệp .%(suffix)s. Hãy kiểm tra lại tệp gốc.",
                name=name,
                suffix=suffix,
            )
        )


def _office(name: str, suffix: str, path: Path) -> str:
    media_type, main_part = OOXML[suffix]
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            declared = _declared_types(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RuntimeError, EOFError, zlib.error) as error:
        raise UnsupportedFile(
            _("Tệp “%(name)s” bị hỏng hoặc không phải là tệp .%(suffix)s.", name=name, suffix=suffix)
        ) from error
    if len(members) > LARGEST_MEMBER_COUNT or main_part not in members:
        raise UnsupportedFile(
            _("Tệp “%(name)s” bị hỏng hoặc không phải là tệp .%(suffix)s.", name=name, suffix=suffix)
        )
    # A macro part may have any name: what counts for Office is the type that it is declared with.
    if b"macro" in declared or b"vba" in declared or any("vbaproject" in name.lower() for name in members):
        raise UnsupportedFile(
            _("Tệp “%(name)s” có macro. Hãy lưu lại không kèm macro, hoặc xuất ra PDF.", name=name)
        )
    return media_type


def _declared_types(archive: zipfile.ZipFile) -> bytes:
    """The package's list of content types, in lower case; KeyError where an Office file has none."""
    with archive.open("[Content_Types].xml") as source:
        listed = source.read(LARGEST_TYPES_LIST + 1)
    if len(listed) > LARGEST_TYPES_LIST:
        raise ValueError("the list of content types is too long")
    return listed.lower()
