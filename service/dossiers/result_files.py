"""A file of results (YAML, CSV or Excel) → one text per criterion, or a sentence that says what to mend.

Everything or nothing: a file with one unreadable row gives no results at all.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from evaluation.bounded_yaml import Mapping, Node, Scalar, decode, read_yaml, shorten
from evaluation.catalogue import CriterionId, YearCatalogue
from evaluation.errors import TypingError, UnknownCriterion, YamlRefused
from evaluation.values import read_result
from service.dossiers.result_sheets import SheetRefused, read_sheet
from service.errors import BadInput
from service.wording import _, marked

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2_000
HEADER = ("criterion", "result")
_QUOTE_IT = marked('hãy đặt số tiêu chí trong dấu nháy kép, ví dụ "1.10"')


@dataclass(frozen=True, slots=True)
class ResultRow:
    """`row` is the line of a text file or the row of a sheet, counted from 1."""

    criterion: CriterionId
    raw: str
    row: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and how to mend it; `row` None where it concerns the whole file."""

    message: str
    row: int | None = None


class ResultFileError(BadInput):
    """`str(error)` is one sentence for the first problem; `problems` has them all, in the file's order."""

    code = "result-file"

    def __init__(self, filename: str, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        place = (
            _("%(filename)s, dòng %(row)s", filename=shorten(filename, 200), row=first.row)
            if first.row
            else shorten(filename, 200)
        )
        others = _(" (còn %(count)s lỗi khác)", count=len(problems) - 1) if len(problems) > 1 else ""
        super().__init__(f"{place}: {first.message.rstrip('.')}{others}.")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    raw: str
    row: int


def read_result_file(data: bytes, filename: str, year: YearCatalogue) -> tuple[ResultRow, ...]:
    """The rows of `data`, whose format is told by the extension of `filename` (.yaml, .yml, .csv, .xlsx).

    Each raw text is as written. Raises ResultFileError for what cannot be read, an unknown or repeated
    criterion, and results that evaluation refuses as typing errors (over 100 %).
    """
    try:
        rows = _read(data, PurePath(filename).suffix.lower())
    except (YamlRefused, SheetRefused) as error:
        row = error.line if isinstance(error, YamlRefused) else error.row
        raise ResultFileError(filename, (Problem(error.message, row),)) from None
    except _Refused as error:
        raise ResultFileError(filename, (error.problem,)) from None
    if not rows:
        raise ResultFileError(
            filename, (Problem(_("tệp không có kết quả nào; hãy ghi ít nhất một tiêu chí")),)
        )
    return _checked(rows, filename, year)


def _read(data: bytes, extension: str) -> list[_Row]:
    readers = {".yaml": _read_yaml, ".yml": _read_yaml, ".csv": _read_csv, ".xlsx": _read_xlsx}
    if extension == ".xls":
        raise _Refused(_("không đọc tệp .xls cũ; hãy mở bằng Excel và lưu lại dạng .xlsx"))
    if extension not in readers:
        raise _Refused(
            _(
                "không đọc tệp loại “%(extension)s”; hãy dùng .yaml, .csv hoặc .xlsx",
                extension=shorten(extension),
            )
        )
    if not data.strip():
        raise _Refused(_("tệp trống; hãy ghi kết quả rồi gửi lại"))
    if len(data) > MAX_BYTES:
        raise _Refused(
            _("tệp lớn hơn %(max_bytes)s MB; hãy chỉ gửi bảng kết quả", max_bytes=MAX_BYTES // 1024 // 1024)
        )
    return readers[extension](data)


def _checked(rows: Iterable[_Row], filename: str, year: YearCatalogue) -> tuple[ResultRow, ...]:
    seen: dict[CriterionId, int] = {}
    results: list[ResultRow] = []
    problems: list[Problem] = []
    for row in rows:
        try:
            criterion = year.criterion(row.key)
            read_result(row.raw, criterion.targets[year.year])
        except UnknownCriterion as error:
            problems.append(Problem(error.message, row.row))
            continue
        except TypingError as error:
            problems.append(
                Problem(
                    _("tiêu chí %(key)s: %(message)s", key=shorten(row.key), message=error.message), row.row
                )
            )
            continue
        if criterion.id in seen:
            first = seen[criterion.id]
            message = _(
                "tiêu chí %(id)s bị lặp (đã có ở dòng %(first)s); hãy giữ một dòng",
                id=criterion.id,
                first=first,
            )
            problems.append(Problem(message, row.row))
            continue
        seen[criterion.id] = row.row
        results.append(ResultRow(criterion.id, unicodedata.normalize("NFC", row.raw), row.row))
    if problems:
        raise ResultFileError(filename, tuple(problems))
    return tuple(results)


def _read_yaml(data: bytes) -> list[_Row]:
    root = read_yaml(data)
    shape = _('tệp phải có dạng results: {"1.1": "Có", …}')
    if not isinstance(root, Mapping):
        raise _Refused(_("%(shape)s; hãy bắt đầu bằng results:", shape=shape), root.line)
    for key, _value in root.pairs:
        if key.text != "results":
            raise _Refused(_("có khóa lạ “%(text)s”; chỉ nhận results", text=shorten(key.text)), key.line)
    results = root.get("results")
    if not isinstance(results, Mapping):
        raise _Refused(_("%(shape)s; hãy ghi các tiêu chí thụt vào dưới results:", shape=shape), root.line)
    return [_yaml_row(key, value) for key, value in results.pairs]


def _yaml_row(key: Scalar, value: Node) -> _Row:
    if key.kind != "text":
        raise _Refused(
            _("khóa %(text)s không phải chữ; %(quote_it)s", text=shorten(key.text), quote_it=_(_QUOTE_IT)),
            key.line,
        )
    if not isinstance(value, Scalar):
        raise _Refused(
            _("kết quả của tiêu chí %(text)s phải là một dòng chữ", text=shorten(key.text)), value.line
        )
    # The text as written, whatever YAML takes it for: 54.40 stays 54.40.
    return _Row(key.text, "" if value.kind == "null" else value.text, key.line)


def _read_csv(data: bytes) -> list[_Row]:
    text = decode(data)
    lines = text.lstrip("\r\n").splitlines()
    if not lines:
        raise _Refused(_("tệp trống; hãy ghi kết quả rồi gửi lại"))
    separator = max(",;\t", key=lines[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[_Row] = []
    header_seen = False
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            while cells and not cells[-1].strip():
                cells.pop()
            if not cells:
                continue
            if not header_seen:
                _check_header(cells, line)
                header_seen = True
                continue
            rows.append(_cells_row(cells, line))
            if len(rows) > MAX_ROWS:
                raise _Refused(
                    _("tệp có hơn %(max_rows)s dòng; hãy chỉ gửi bảng kết quả", max_rows=MAX_ROWS), line
                )
    except csv.Error:
        raise _Refused(_("dấu nháy kép không khớp hoặc ô quá dài; hãy sửa dòng này"), start) from None
    if not header_seen:
        raise _Refused(_("tệp trống; hãy ghi kết quả rồi gửi lại"))
    return rows


def _read_xlsx(data: bytes) -> list[_Row]:
    sheet = read_sheet(data, max_rows=MAX_ROWS)
    if not sheet:
        raise _Refused(_("trang tính đầu tiên trống; hãy ghi kết quả ở trang đầu"))
    first, *others = sheet
    _check_header(first.cells, first.row)
    return [_cells_row(row.cells, row.row) for row in others]


def _check_header(cells: list[str], line: int) -> None:
    names = tuple(unicodedata.normalize("NFC", cell).strip().casefold() for cell in cells)
    if names == HEADER:
        return
    found = shorten(", ".join(cells))
    raise _Refused(
        _(
            "dòng đầu phải là tiêu đề %(header)s và chỉ có hai cột, đang là “%(found)s”",
            header=",".join(HEADER),
            found=found,
        ),
        line,
    )


def _cells_row(cells: list[str], line: int) -> _Row:
    # 2.6,54,4% has three cells: reading "54" would be silently wrong.
    if len(cells) > len(HEADER):
        raise _Refused(
            _('dòng có hơn hai cột; nếu kết quả có dấu phẩy hãy đặt trong dấu nháy kép, ví dụ "54,4%"'), line
        )
    key, raw = (*cells, "")[:2]
    if not key.strip():
        raise _Refused(_("dòng có kết quả nhưng thiếu số tiêu chí; hãy ghi số tiêu chí"), line)
    return _Row(key, raw, line)


class _Refused(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message, row)
