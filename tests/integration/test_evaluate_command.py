"""`congnhan evaluate`: its JSON, its table, and the one sentence for every file it cannot read."""

import datetime as dt
import io
import json
import zipfile

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evaluation.catalogue import load_catalogue
from service.cli.evaluate import evaluate
from service.dossiers.result_files import ResultFileError, read_result_file

HEADER = ("criterion", "result")
GOOD = 'results: {"1.1": "Có", "2.6": "54,4%", "1.9": "Đảm bảo"}'


@pytest.fixture
def run(tmp_path):
    def invoke(name: str, content: str | bytes, *options: str):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(evaluate, [str(path), "--year", "2023", *options])

    return invoke


@pytest.fixture
def refused(run):
    def invoke(name: str, content: str | bytes, *options: str) -> str:
        """The sentence of a refusal: exit 2, nothing on standard output, one line."""
        answer = run(name, content, *options)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert answer.stderr.startswith("Lỗi: ")
        assert answer.stderr.count("\n") == 1
        return answer.stderr

    return invoke


def a_workbook(*rows, percent=None, first_chart=False, header=HEADER) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (header, *rows) if header else rows:
        sheet.append(row)
    if percent:
        sheet[percent].number_format = "0.0%"
    if first_chart:
        book.create_chartsheet(index=0)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    stored = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return stored.getvalue()


def test_the_json_has_every_criterion_in_order_and_numbers_as_strings(run):
    answer = run("a.yaml", GOOD, "--json", "--index", "712,5/1000", "--index-source", "QĐ 2017/QĐ-UBND")

    report = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert list(report) == ["year", "catalogue", "criteria", "counts", "index", "eligible", "reasons"]
    assert (report["year"], report["catalogue"], report["eligible"]) == (2023, "qd-1829", "no")
    assert list(report["criteria"]) == [criterion.id for criterion in load_catalogue().criteria]
    assert report["criteria"]["2.6"] == {
        "target": "55%",
        "raw": "54,4%",
        "verdict": "not_met",
        "why": "54,4% < 55%: chưa đạt",
    }
    assert report["criteria"]["4.8"]["target"] == "*"
    assert report["counts"] == {
        "met": 1,
        "not_met": 1,
        "undecided": 1,
        "missing": 32,
        "not_applicable": 0,
        "not_assessed": 2,
    }
    assert report["index"] == {"score": "712.5", "maximum": "1000", "percent": "71.25", "met": True}
    assert (
        report["reasons"][-1] == "Chỉ số xếp hạng 712,5/1000 = 71,25% ≥ 70%: đạt (căn cứ: QĐ 2017/QĐ-UBND)."
    )


def test_without_an_index_it_is_null_and_nothing_is_concluded(run):
    results = {
        criterion.id: {"percent_min": "100%", "yes_no": "Có"}.get(criterion.kind, criterion.target(2023).text)
        for criterion in load_catalogue().year(2023).assessed
    }

    report = json.loads(run("a.yaml", json.dumps({"results": results}), "--json").stdout)

    assert (report["index"], report["counts"]["met"], report["eligible"]) == (None, 35, "undecided")


def test_everything_met_and_the_index_reached_is_yes(run):
    results = {
        criterion.id: {"percent_min": "100%", "yes_no": "Có"}.get(criterion.kind, criterion.target(2023).text)
        for criterion in load_catalogue().year(2023).assessed
    }

    report = json.loads(
        run("a.yaml", json.dumps({"results": results}), "--json", "--index", "700/1000").stdout
    )

    assert report["eligible"] == "yes"


def test_the_table_is_vietnamese_and_says_why(run):
    answer = run("a.yaml", GOOD)

    assert answer.exit_code == 0
    assert "54,4% < 55%: chưa đạt" in answer.stdout
    assert "Không đủ điều kiện công nhận. Căn cứ:" in answer.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", GOOD),
        ("a.YML", GOOD),
        ("bom.yaml", b"\xef\xbb\xbf" + GOOD.encode()),
        ("a.csv", 'criterion,result\n1.1,Có\n2.6,"54,4%"\n1.9,Đảm bảo\n'),
        (
            "windows.csv",
            b"\xef\xbb\xbf" + "Criterion;RESULT;\r\n1.1;Có;\r\n2.6;54,4%;\r\n\r\n1.9;Đảm bảo\r\n".encode(),
        ),
        ("tabs.csv", "criterion\tresult\n1.1.\tCó\n2.6\t54,4%\n1.9\tĐảm bảo"),
        ("a.xlsx", a_workbook(("1.1", "Có"), ("2.6", "54,4%"), (None, None), ("1.9", "Đảm bảo"))),
        ("percent.xlsx", a_workbook(("1.1", "Có"), ("2.6", 0.544), ("1.9", "Đảm bảo"), percent="B3")),
        ("number.xlsx", a_workbook(("1.1", "Có"), ("2.6", 54.4), ("1.9", "Đảm bảo"))),
    ],
)
def test_every_format_gives_the_same_verdicts(run, name, content):
    report = json.loads(run(name, content, "--json").stdout)

    verdicts = {
        criterion: found["verdict"]
        for criterion, found in report["criteria"].items()
        if found["verdict"] not in ("missing", "not_assessed")
    }
    assert verdicts == {"1.1": "met", "1.9": "undecided", "2.6": "not_met"}


def test_a_number_in_yaml_keeps_its_written_text(run):
    report = json.loads(run("a.yaml", 'results: {"2.6": 54.40, "1.1": null}', "--json").stdout)

    assert report["criteria"]["2.6"]["raw"] == "54.40"
    assert report["criteria"]["1.1"]["verdict"] == "missing"


def test_a_line_break_inside_quotes_does_not_shift_the_rows(refused):
    assert "dòng 4" in refused("a.csv", 'criterion,result\n1.9,"Đảm\nbảo"\n2.6,999\n')


YAML_REFUSALS = {
    "unknown criterion": ('results:\n  "1.1": Có\n  "9.9": Có\n', "dòng 3", "9.9"),
    "no criterion number": ('results: {"một": "Có"}', "dòng 1", "một"),
    "duplicate key": ('results:\n  "1.1": Có\n  "1.1": Có\n', "dòng 3", "lặp"),
    "duplicate with a dot": ('results:\n  "3.1": 60%\n  "3.1.": 60%\n', "dòng 3", "lặp"),
    "number as key": ("results:\n  1.10: 100%\n", "dòng 2", 'dấu nháy kép, ví dụ "1.10"'),
    "over 100 %": ('results:\n  "1.2": 154,4%\n', "dòng 2", "lớn hơn 100%"),
    "negative": ('results: {"1.2": "-5%"}', "dòng 1", "âm"),
    "far too long": ('results: {"1.1": "' + "x" * 5000 + '"}', "dòng 1", "4000"),
    "utf-16": (GOOD.encode("utf-16"), "a.yaml", "UTF-16"),
    "utf-16 without mark": (GOOD.encode("utf-16-le"), "a.yaml", "UTF-8"),
    "windows-1258": ("results:\n  ghi chú: Có".encode("cp1258"), "dòng 2", "Windows-1258"),
    "empty": (b"", "a.yaml", "tệp trống"),
    "only blanks": (b" \n\n", "a.yaml", "tệp trống"),
    "only a comment": (b"# x\n", "a.yaml", "tệp trống"),
    "no results": ("results: {}", "a.yaml", "không có kết quả nào"),
    "results without value": ("results:\n", "dòng 1", "results"),
    "a list": ("- a\n", "dòng 1", "results"),
    "a misspelt key": ('result: {"1.1": "Có"}', "dòng 1", "khóa lạ “result”"),
    "a nested value": ('results: {"1.1": [Có]}', "dòng 1", "một dòng chữ"),
    "broken": ('results: {"1.1": Có', "dòng", "cú pháp"),
    "alias": ('results: {"1.1": &a Có, "1.7": *a}', "dòng 1", "neo và tham chiếu"),
    "a tag": ('results: !!python/object/apply:os.system ["id"]', "dòng 1", "thẻ"),
    "two documents": (GOOD + "\n---\na: 1", "dòng 3", "nhiều tài liệu"),
    "nul": (b'results: {"1.1": "a\x00"}', "dòng 1", "NUL"),
    "control character": (b'results: {"1.1": "a\x07"}', "a.yaml", "ký tự điều khiển"),
    "deep": ("[" * 100_000, "dòng 1", "tầng"),
    "too many": ("results:\n" + "".join(f'  "a{n}": x\n' for n in range(20_000)), "dòng", "20000"),
    "huge": ('results: {"1.1": "' + "x" * 6_000_000 + '"}', "a.yaml", "5 MB"),
}


@pytest.mark.parametrize(("content", "place", "told"), YAML_REFUSALS.values(), ids=YAML_REFUSALS.keys())
def test_yaml_that_cannot_be_read_is_refused_in_a_sentence(refused, content, place, told):
    sentence = refused("a.yaml", content)

    assert place in sentence
    assert told in sentence


CSV_REFUSALS = {
    "no header": ("1.1,Có\n", "dòng 1", "tiêu đề criterion,result"),
    "another header": ("tiêu chí,kết quả\n1.1,Có\n", "dòng 1", "tiêu đề"),
    "more columns": ("criterion,result,note\n1.1,Có,x\n", "dòng 1", "hai cột"),
    "unquoted decimal comma": ("criterion,result\n2.6,54,4%\n", "dòng 2", "dấu nháy kép"),
    "unclosed quote": ('criterion,result\n1.1,"Có\n2.6,5%\n', "dòng 2", "dấu nháy kép không khớp"),
    "only a header": ("criterion,result\n", "a.csv", "không có kết quả nào"),
    "only blank lines": ("\n,\n", "a.csv", "tệp trống"),
    "result without criterion": ("criterion,result\n,Có\n", "dòng 2", "thiếu số tiêu chí"),
    "unknown criterion": ("criterion,result\n1.1,Có\n\n7.7,Có\n", "dòng 4", "7.7"),
    "duplicate": ("criterion,result\n3.1,60%\n3.1.,60%\n", "dòng 3", "đã có ở dòng 2"),
    "over 100 %": ("criterion,result\n1.2,48.386\n", "dòng 2", "lớn hơn 100%"),
    "nul": (b"criterion,result\n1.1,\x00\n", "dòng 2", "NUL"),
    "utf-16": ("criterion,result\n1.1,Có\n".encode("utf-16"), "a.csv", "UTF-16"),
    "huge field": ("criterion,result\n1.1," + "x" * 200_000, "dòng 2", "quá dài"),
    "many rows": ("criterion,result\n" + "1.1,Có\n" * 100_000, "dòng 2002", "2000 dòng"),
}


@pytest.mark.parametrize(("content", "place", "told"), CSV_REFUSALS.values(), ids=CSV_REFUSALS.keys())
def test_csv_that_cannot_be_read_is_refused_in_a_sentence(refused, content, place, told):
    sentence = refused("a.csv", content)

    assert place in sentence
    assert told in sentence


XLSX_REFUSALS = {
    "number as criterion": (a_workbook((1.1, "Có")), "ô A2", "1.1 hay 1.10"),
    "date for 7/7": (a_workbook(("4.5", dt.datetime(2023, 7, 7))), "ô B2", "ngày"),  # noqa: DTZ001 - Excel has none
    "date as criterion": (a_workbook((dt.date(2023, 1, 10), "Có")), "ô A2", "ngày"),
    "fraction in plain format": (a_workbook(("2.6", 0.544)), "ô B2", "tỷ lệ hay phần trăm"),
    "over 100 % in percent format": (a_workbook(("2.6", 1.5), percent="B2"), "dòng 2", "lớn hơn 100%"),
    "formula": (a_workbook(("2.6", "=1+1")), "ô B2", "công thức"),
    "boolean": (a_workbook(("1.1", True)), "ô B2", "TRUE"),
    "error value": (a_workbook(("1.1", "#N/A")), "ô B2", "#N/A"),
    "no header": (a_workbook(("1.1", "Có"), header=None), "dòng 1", "tiêu đề"),
    "three columns": (a_workbook(("1.1", "Có", "x")), "dòng 2", "hai cột"),
    "unknown criterion": (a_workbook(("1.1", "Có"), ("8.1", "Có")), "dòng 3", "8.1"),
    "empty sheet": (a_workbook(header=None), "a.xlsx", "trống"),
    "many rows": (a_workbook(*[("1.1", "Có")] * 2_100), "dòng 2001", "2000 dòng"),
    "chart first": (a_workbook(("1.1", "Có"), first_chart=True), "a.xlsx", "hãy"),
    "macro": (with_part(a_workbook(("1.1", "Có")), "xl/vbaProject.bin", b"x"), "a.xlsx", "macro"),
    "doctype": (
        with_part(a_workbook(("1.1", "Có")), "xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "a.xlsx",
        "DOCTYPE",
    ),
    "zip bomb": (with_part(a_workbook(), "xl/media/x", b"0" * 30_000_000), "a.xlsx", "quá lớn khi giải nén"),
    "damaged part": (with_part(a_workbook(), "xl/workbook.xml", b"<a"), "a.xlsx", "hỏng"),
    "cut short": (a_workbook(("1.1", "Có"))[:2000], "a.xlsx", "hỏng"),
    "not a zip": (b"criterion,result\n", "a.xlsx", "hỏng"),
    "password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx", "mật khẩu"),
    "empty": (b"", "a.xlsx", "tệp trống"),
}


@pytest.mark.parametrize(("content", "place", "told"), XLSX_REFUSALS.values(), ids=XLSX_REFUSALS.keys())
def test_an_excel_file_that_cannot_be_read_is_refused_in_a_sentence(refused, content, place, told):
    sentence = refused("a.xlsx", content)

    assert place in sentence
    assert told in sentence


@pytest.mark.parametrize(
    ("name", "told"), [("a.txt", "“.txt”"), ("a", "“”"), ("a.xls", ".xls"), ("a.xlsm", ".xlsm")]
)
def test_a_file_of_another_kind_is_refused(refused, name, told):
    assert told in refused(name, GOOD)


@pytest.mark.parametrize("index", ["712,5", "a/b", "1/0", "-1/10", "11/10", "1/2/3", ""])
def test_an_index_that_cannot_be_right_is_refused(refused, index):
    assert "hãy" in refused("a.yaml", GOOD, "--index", index)


def test_an_index_without_a_document_is_refused(refused):
    assert "văn bản" in refused("a.yaml", GOOD, "--index", "7/10", "--index-source", " ")


@pytest.mark.parametrize("year", ["2021", "2026", "năm nay", "-1", "20233", "٢٠٢٣"])
def test_a_year_outside_the_catalogue_is_refused(refused, year):
    assert year in refused("a.yaml", GOOD, "--year", year)


def test_several_problems_are_told_by_the_first_and_counted(refused):
    assert "còn 2 lỗi khác" in refused("a.yaml", 'results: {"9.9": "Có", "8.8": "Có", "1.2": "200%"}')


def test_a_path_that_is_no_readable_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml", tmp_path / "none" / "a.yaml", "a\x00.yaml"):
        answer = CliRunner().invoke(evaluate, [str(path), "--year", "2023"])

        assert answer.exit_code == 2
        assert answer.stderr.startswith("Lỗi: ")


def test_a_file_is_refused_whole_with_every_problem_listed():
    with pytest.raises(ResultFileError) as refusal:
        read_result_file(
            b'results: {"9.9": "C", "1.1": "C", "1.2": "200%"}', "a.yaml", load_catalogue().year(2023)
        )

    assert [problem.row for problem in refusal.value.problems] == [1, 1]


WHOLE = a_workbook(("1.1", "Có"), ("2.6", "54,4%"))
YEAR = load_catalogue().year(2023)


def rows_or_sentence(data: bytes, name: str):
    """What the reader promises for any bytes: rows, or its own error."""
    try:
        return read_result_file(data, name, YEAR)
    except ResultFileError as refusal:
        return str(refusal)


@given(
    st.sampled_from(["a.yaml", "a.csv"]),
    st.binary(max_size=60)
    | st.text(alphabet="results:\"1.0,;{}[]&*!%Có\n\t'-|> ", max_size=60).map(str.encode),
)
def test_any_bytes_give_rows_or_a_sentence_that_names_the_file(name, data):
    for content in (data, b"criterion,result\n" + data, b"results:\n" + data):
        answer = rows_or_sentence(content, name)

        assert name in answer if isinstance(answer, str) else answer


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_excel_file_gives_its_rows_or_a_sentence(position, damage):
    damaged = WHOLE[:position] + damage + WHOLE[position + len(damage) :]

    answer = rows_or_sentence(damaged, "a.xlsx")

    assert (
        "a.xlsx" in answer if isinstance(answer, str) else {row.criterion for row in answer} <= {"1.1", "2.6"}
    )
