"""`congnhan calendar …` and `congnhan deadline …`, as an administrator calls them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from service.app import create_core
from service.cli import congnhan
from service.errors import BadInput
from tests.builders import an_open_case
from tests.integration.conftest import settings_for

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    return lambda *words: CliRunner().invoke(congnhan, words)


@pytest.fixture
def a_case(sqlite_url: str, tmp_path: Path) -> None:
    """A case of xã Thí Dụ in the database that the commands work on."""
    app: Flask = create_core(settings_for(sqlite_url, tmp_path))
    with app.app_context():
        an_open_case()


def test_a_year_is_imported_and_shown(run: Run) -> None:
    imported = run("calendar", "import", "--years", "2026,2027")
    shown = run("calendar", "show", "2027")

    assert (imported.exit_code, shown.exit_code) == (0, 0)
    assert "Đã có lịch năm 2027." in imported.output
    assert "năm 2027 là dự kiến" in imported.output
    assert "01/01/2027  thứ Sáu  nghỉ      Tết Dương lịch" in shown.output


def test_the_provinces_day_is_set_seen_and_taken_back(run: Run) -> None:
    words = ("calendar", "set", "2024-05-04", "--off", "--source", "Quyết định 12/QĐ-UBND")

    tried = run(*words, "--dry-run")
    unchanged = run("calendar", "show", "2024")
    done = [run(*words), run("calendar", "show", "2024"), run("calendar", "unset", "04/05/2024")]

    assert tried.output == "Không hạn đang mở nào thay đổi.\n"
    assert "[tỉnh]" not in unchanged.output
    assert done[0].output == "04/05/2024: ngày nghỉ.\nĐã tính lại 0 hạn của 0 hồ sơ.\n"
    assert "Ngày nghỉ theo quyết định [tỉnh] – Quyết định 12/QĐ-UBND" in done[1].output
    assert done[2].output.startswith("04/05/2024: đã bỏ quyết định riêng.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import",), "Nêu một trong hai"),
        (("import", "--years", "26"), "Không hiểu năm '26'"),
        (("import", "--years", "2027-2022"), "từ năm nhỏ đến năm lớn"),
        (("import", "--years", "1990"), "2021 đến 2100"),
        (("set", "2024-05-04", "--source", "x"), "Nêu --working"),
        (("set", "4.5.2024", "--off", "--source", "x"), "Không hiểu ngày"),
        (("set", "2031-05-04", "--off", "--source", "x"), "congnhan calendar import --years 2031"),
        (("unset", "2024-05-04"), "chưa có quyết định riêng"),
        (("show", "2031"), "congnhan calendar import --years 2031"),
    ],
)
def test_what_cannot_be_done_says_what_to_write(run: Run, words: tuple[str, ...], told: str) -> None:
    refused = run("calendar", *words)

    assert isinstance(refused.exception, BadInput)
    assert told in str(refused.exception)


@pytest.mark.usefixtures("a_case")
def test_deadlines_go_out_and_come_back_changed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "thời hạn.csv"

    out = run("deadline", "export", "--year", "2023", "--output", str(file))
    text = file.read_text(encoding="utf-8-sig")
    changed = text.replace("trước ngày 04/12/2023", "trước ngày 06/12/2023").replace(
        "03/12/2023", "05/12/2023"
    )
    file.write_text(changed, encoding="utf-8-sig")
    tried = run("deadline", "import", str(file), "--dry-run")
    imported = run("deadline", "import", str(file))
    again = run("deadline", "import", str(file))

    assert out.output == f"Đã ghi 11 thời hạn vào {file}.\n"
    assert tried.output.startswith("Thay đổi này làm đổi hạn của 1 việc.\n  CN-2023-000001 UBND xã Thí Dụ, ")
    assert tried.output.endswith("03/12/2023 → 05/12/2023\n")
    assert imported.output == (
        "Đã đọc 11 thời hạn, 1 thời hạn mới hoặc thay đổi.\nĐã tính lại 1 hạn của 1 hồ sơ.\n"
    )
    assert "0 thời hạn mới hoặc thay đổi" in again.output


def test_a_district_or_step_that_does_not_exist_is_named_by_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    lines = [
        "thủ tục,năm,huyện,bước,nội dung,căn cứ",
        "recognition,2023,huyen-khong-co,self_assess,trước ngày 04/12,cv",
        "recognition,2023,,khong_co,trước ngày 04/12,cv",
        "recognition,2023,,self_assess,trước ngày 04/12,cv",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")

    refused = run("deadline", "import", str(file))

    assert isinstance(refused.exception, BadInput)
    assert refused.exception.fields == {
        "dòng 2": ["không có huyện nào mang mã 'huyen-khong-co'; để trống là cho mọi huyện."],
        "dòng 3": ["quy trình 'recognition' không có bước 'khong_co'."],
    }
    assert "trước ngày 04/12," not in run("deadline", "export", "--yaml").output


@pytest.mark.usefixtures("a_case")
def test_recomputing_with_nothing_to_do_says_so(run: Run) -> None:
    assert run("deadline", "recompute", "--all", "--dry-run").output == "Không hạn đang mở nào thay đổi.\n"
    assert run("deadline", "recompute").output == "Đã tính lại 0 hạn của 0 hồ sơ.\n"
