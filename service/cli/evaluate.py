"""`congnhan evaluate FILE --year 2023`: a file of results against the criteria, without case or database."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evaluation.assessment import VERDICT_WORDS, Entry, Result, Verdict, assess_all
from evaluation.catalogue import Catalogue, CriterionId, load_catalogue
from evaluation.errors import EvaluationError
from evaluation.recognition import Conclusion, Eligible, conclude, parse_index
from evaluation.report import report_json
from evaluation.values import shown
from service.dossiers.result_files import MAX_BYTES, ResultFileError, read_result_file

_ELIGIBLE_WORDS = {
    Eligible.YES: "Đủ điều kiện công nhận",
    Eligible.NO: "Không đủ điều kiện công nhận",
    Eligible.UNDECIDED: "Chưa kết luận",
}


class InputRefused(click.ClickException):
    """Exit 2 with one sentence, no usage text: the command was right, its input was not."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"Lỗi: {self.message}".encode(errors="replace"), err=file is None, file=file)


@click.command()
@click.argument("file")
@click.option("--year", required=True, help="Năm đánh giá, ví dụ 2023.")
@click.option("--index", "index_text", help="Điểm chỉ số xếp hạng trên tổng điểm, ví dụ 712,5/1000.")
@click.option(
    "--index-source", default="không nêu văn bản", help="Văn bản nêu điểm chỉ số, ví dụ QĐ 2017/QĐ-UBND."
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
def evaluate(file: str, year: str, index_text: str | None, index_source: str, as_json: bool) -> None:
    """Đánh giá tệp kết quả FILE (YAML, CSV hoặc XLSX) theo bộ tiêu chí của QĐ 1829/QĐ-UBND."""
    catalogue = load_catalogue()
    try:
        year_catalogue = catalogue.year(_year(year))
        index = None if index_text is None else parse_index(index_text, index_source)
        rows = read_result_file(_bytes(Path(file)), file, year_catalogue)
    except EvaluationError as error:
        raise InputRefused(error.message) from None
    except ResultFileError as error:
        raise InputRefused(str(error)) from None
    entries = {row.criterion: Entry(row.raw) for row in rows}
    results = assess_all(entries, year_catalogue.year, catalogue)
    conclusion = conclude(results, index, year_catalogue.year, catalogue)
    if as_json:
        report = report_json(results, index, conclusion, year_catalogue.year, catalogue)
        text = json.dumps(report, ensure_ascii=False, indent=2)
    else:
        text = _table(results, conclusion, year_catalogue.year, catalogue)
    # Bytes, so that Vietnamese survives a terminal or pipe with another encoding.
    click.echo(text.encode("utf-8", errors="replace"))


def _table(
    results: Mapping[CriterionId, Result], conclusion: Conclusion, year: int, catalogue: Catalogue
) -> str:
    document = catalogue.document
    lines = [f"Đánh giá năm {year} theo {document.annex}, {document.number} ({document.issuer})", ""]
    lines.append(f"{'TT':<6}{'Mức phải đạt':<24}{'Kết luận':<16}Giải thích")
    for group in catalogue.groups:
        lines.append(f"{group.id:<6}{group.name}")
        for criterion in catalogue.criteria:
            if criterion.group == group:
                result = results[criterion.id]
                wanted = shown(result.target.text, 22)
                lines.append(f"{criterion.id:<6}{wanted:<24}{VERDICT_WORDS[result.verdict]:<16}{result.why}")
    counts = Counter(result.verdict for result in results.values())
    lines += ["", "; ".join(f"{VERDICT_WORDS[verdict]}: {counts[verdict]}" for verdict in Verdict), ""]
    lines.append(f"{_ELIGIBLE_WORDS[conclusion.eligible]}. Căn cứ:")
    lines += [f"- {reason}" for reason in conclusion.reasons]
    return "\n".join(lines)


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise InputRefused(f"“{shown(text)}” không phải một năm; hãy ghi bốn chữ số, ví dụ --year 2023.")
    return int(text)


def _bytes(path: Path) -> bytes:
    """At most one byte more than is accepted, so that an endless file ends."""
    try:
        # A pipe or device under a file's name would block or never end.
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputRefused(f"{path}: không phải tệp thường; hãy chỉ một tệp .yaml, .csv hoặc .xlsx.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputRefused(f"{path}: không có tệp này; hãy kiểm tra đường dẫn.") from None
    except IsADirectoryError:
        raise InputRefused(f"{path}: là thư mục; hãy chỉ một tệp .yaml, .csv hoặc .xlsx.") from None
    except PermissionError:
        raise InputRefused(f"{path}: không có quyền đọc; hãy xin quyền hoặc sao chép tệp.") from None
    except (OSError, ValueError):
        raise InputRefused(f"{path}: không đọc được tệp; hãy kiểm tra tệp và đường dẫn.") from None


if __name__ == "__main__":
    evaluate()
