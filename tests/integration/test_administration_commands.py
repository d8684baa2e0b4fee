"""`congnhan unit|member|substitution|quota|index-set`: what Quản trị keeps, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.app import create_core
from service.cli import congnhan
from service.clock import set_demo_clock
from service.database import db
from service.errors import BadInput, DomainError, WrongState
from tests.builders import NOON, an_open_case
from tests.integration.conftest import settings_for

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    with create_core(settings_for(sqlite_url, tmp_path)).app_context():
        set_demo_clock(NOON)
        an_open_case()
        db.session.remove()
        db.engine.dispose()
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(congnhan, words)

    return invoke


def refused(result: Result, kind: type[DomainError] = BadInput) -> str:
    """What `congnhan` then says before it exits with 2 (see test_commands)."""
    assert isinstance(result.exception, kind), result.output
    fields = getattr(result.exception, "fields", {})
    return " ".join([str(result.exception), *(one for said in fields.values() for one in said)])


def test_units_are_listed_ended_with_a_warning_linked_and_exchanged_as_files(run: Run) -> None:
    assert "xa-thi-du\tUBND xã Thí Dụ\ttừ 01/01/2022\n" in run("unit", "list", "--kind", "commune").output
    ended = run("unit", "end", "xa-thi-du", "--last", "31/12/2023")
    assert "hồ sơ CN-2023-000001, UBND xã Thí Dụ, năm 2023" in ended.output
    assert "--anyway" in refused(ended)
    anyway = run("unit", "end", "xa-thi-du", "--last", "31/12/2023", "--anyway")
    assert anyway.output.endswith("xa-thi-du: từ 01/01/2022 đến hết 31/12/2023.\n")
    assert run("unit", "end", "xa-thi-du", "--last", "-").output == "xa-thi-du: từ 01/01/2022.\n"
    assert "Không hiểu ngày" in refused(run("unit", "end", "xa-thi-du", "--last", "mai"))

    link = ("unit", "succeed", "xa-thi-du", "phuong-minh-hoa")
    assert "--since" in refused(run(*link))
    assert run(*link, "--since", "2023-06-01", "--basis", "NQ 1").exit_code == 0
    assert run(*link, "--remove").output == "Đã bỏ liên kết.\n"

    Path("dv.csv").write_text(
        "Mã,Tên,Loại,Trực thuộc,Từ ngày\nxa-moi,UBND xã Mới,xã,thi-xa-bim-son,01/07/2023\n", encoding="utf-8"
    )
    assert "Sẽ ghi 1 thay đổi." in run("unit", "import", "dv.csv", "--dry-run").output
    assert "xa-moi" not in run("unit", "export").output
    assert "Thêm UBND xã Mới (xa-moi)." in run("unit", "import", "dv.csv").output
    assert run("unit", "import", "dv.csv").output == "Không có gì thay đổi.\n"
    assert '"xa-moi","UBND xã Mới","xã","thi-xa-bim-son","01/07/2023"' in run("unit", "export").output


def test_members_substitutions_quotas_and_index_sets_are_kept_from_the_command_line(run: Run) -> None:
    listed = run("member", "list")
    assert (listed.exit_code, "thi-xa-bim-son\tUBND thị xã Bỉm Sơn\t" in listed.output) == (0, True)
    Path("tv.csv").write_text("Mã huyện,Vị trí,Từ ngày,Căn cứ\nthi-xa-bim-son,Ai,01/07/2025,QĐ\n", "utf-8")
    assert "không có vị trí Thành viên nào" in refused(run("member", "import", "tv.csv"))
    assert '"thi-xa-bim-son"' in run("member", "export").output

    days = ("--from", "20/11/2023", "--to", "2023-11-24", "--basis", "Giấy ủy quyền số 05")
    added = run("substitution", "add", "xa-thidu-lanhdao", "xa-minhhoa-lanhdao", *days)
    number = added.output.split()[0]
    assert number in run("substitution", "list").output
    assert "không giữ vị trí nào" in refused(run("substitution", "add", "khong-co", "kiemtra", *days))
    refused(run("substitution", "prolong", number, "--to", "24/11/2023"))
    assert "28/11/2023" in run("substitution", "prolong", number, "--to", "28/11/2023").output
    assert run("substitution", "end", number).output == "Ngày cuối là 20/11/2023.\n"
    assert run("substitution", "prolong", number, "--to", "24/11/2023").exit_code == 0  # ended by mistake

    Path("ct.csv").write_text("Năm,Mã xã\n2026,xa-thi-du\n", encoding="utf-8")
    assert (
        "Sẽ thêm 1 xã; 0 xã đã có." in run("quota", "import", "ct.csv", "--source", "QĐ", "--dry-run").output
    )
    assert run("quota", "list", "2026").output == ""
    assert "Đã thêm 1 xã" in run("quota", "import", "ct.csv", "--source", "QĐ 1").output
    assert "chưa mở hồ sơ" in run("quota", "list", "2026").output
    assert run("quota", "remove", "2026", "xa-thi-du").exit_code == 0
    assert "không bỏ khỏi danh sách" in refused(run("quota", "remove", "2023", "xa-thi-du"), WrongState)

    made = ("--name", "Bộ 2027", "--maximum", "98,5", "--document", "QĐ 2", "--from", "2027-01-01")
    assert run("index-set", "add", "bo-2027", *made).output == "Đã thêm bộ chỉ số bo-2027.\n"
    assert "bo-2027\tBộ 2027\t98,5 điểm\ttừ 01/01/2027" in run("index-set", "list").output
    ended = run("index-set", "end", "bo-2027", "--last", "31/12/2027")
    assert ended.output == "bo-2027: từ 01/01/2027 đến hết 31/12/2027.\n"
    assert run("index-set", "remove", "bo-2027").exit_code == 0
    assert "Không có bộ chỉ số" in refused(run("index-set", "end", "bo-2027", "--last", "-"))
    assert run("db", "check").output == "Không có vấn đề.\n"
