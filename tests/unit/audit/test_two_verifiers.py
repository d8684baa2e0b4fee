"""The two verifiers, each for itself and against each other: one verdict on whatever they are given."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.unit.audit.mutant_archives import archives, flips, receipts
from tests.unit.audit.mutant_files import bundles
from tests.unit.audit.mutant_lacks import LACKS, Lack, lacks
from tests.unit.audit.whole_bundles import (
    ANY,
    Mutant,
    as_json,
    first_format,
    receipt,
    second_format,
    stored,
    with_manifest,
)
from tests.unit.witness.test_ed25519 import VECTORS
from verifier import congnhan_verify as verifier

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "verifier" / "congnhan_verify.html"
TEXT = PAGE.read_text(encoding="utf-8")
PYTHON = (ROOT / "verifier" / "congnhan_verify.py").read_text(encoding="utf-8")
MUTANTS = [*bundles(), *lacks(), *archives(), *receipts(), *flips()]
OF_CONTENTS = ("checked", "missing", "erased", "notices", "presented")
REMEDY = "này, xin bản khác từ nguồn độc lập và báo cơ quan thanh tra, kiểm tra."
UNWITNESSED = "chưa có nhân chứng nào ký: ai giữ khóa của nhật ký vẫn có thể viết lại tất cả"

# FIPS 180-4 as NIST publishes its examples: "abc", and the message of two blocks of each.
SHORT, LONG = "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
LONGER = (
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
)
SHA256 = {
    SHORT: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    LONG: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
}
SHA512 = {
    SHORT: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    LONGER: "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
    "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Any:
    """From the disk, as whoever got it by mail opens it; nothing may be fetched."""
    context = browser.new_context(viewport={"width": 360, "height": 800})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda asked: faults.append(asked.url) if asked.url != PAGE.as_uri() else None)
    opened.goto(PAGE.as_uri())
    yield opened
    assert faults == []
    context.close()


def kinds(result: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted((one["kind"], one["times"]) for one in result["findings"])


def by_python(content: bytes) -> dict[str, Any]:
    try:
        given = content if content[:1] in (b"", b"{") else verifier.read_archive(content)
        return verifier.verify(given)
    except verifier.Unreadable as error:
        return verifier.unreadable(error)


def expects(mutant: Mutant, result: dict[str, Any]) -> bool:
    found = {one["kind"] for one in result["findings"]}
    if mutant.expected is None:
        return bool(result["verdict"] == "unreadable")
    verdict = "altered" if mutant.expected else "whole"
    return mutant.expected == ANY or (result["verdict"], found) == (verdict, set(mutant.expected.split()))


def test_both_say_the_same_of_every_mutant(page: Page):
    contents = [base64.b64encode(mutant.content).decode() for mutant in MUTANTS]
    by_page = page.evaluate(
        "all => all.map(one => verify(Uint8Array.from(atob(one), letter => letter.charCodeAt(0))))", contents
    )

    assert len(MUTANTS) > 600
    for mutant, theirs in zip(MUTANTS, by_page, strict=True):
        ours = by_python(mutant.content)
        assert (ours["verdict"], kinds(ours)) == (theirs["verdict"], kinds(theirs)), mutant.name
        times = {name: str(time) for name, time in ours.get("witnesses", {}).items()}
        assert times == theirs.get("witnesses", {}), mutant.name
        for name in OF_CONTENTS:
            assert json.loads(json.dumps(ours.get(name))) == theirs.get(name), (mutant.name, name)
        assert expects(mutant, ours), (mutant.name, ours)
        if mutant.name.startswith("a bit of "):
            # Nothing but the times and rights that a zip tells of its files may differ without being noticed.
            assert ours["verdict"] != "whole" or mutant.name.startswith("a bit of the zip"), mutant.name


@pytest.mark.parametrize("lack", LACKS, ids=lambda lack: lack.name)
def test_what_the_bundle_does_not_hold_is_told(lack: Lack):
    nothing: dict[str, list[Any]] = {"submissions": [], "private": [], "files": []}

    result = json.loads(json.dumps(by_python(lack.bundle())))

    assert result["verdict"] == "whole"
    assert result["missing"] == nothing | dict(lack.missing)
    assert result["erased"] == nothing | dict(lack.erased)
    assert result["checked"] == dict(zip(nothing, lack.checked, strict=True))
    assert result["notices"] == list(lack.notices)


def read_out(content: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[object, list[str]]:
    """Exit code and lines."""
    (folder / "goi.zip").write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        verifier.main([str(folder / "goi.zip")])
    return ended.value.code, capsys.readouterr().out.splitlines()


def lacking(name: str) -> bytes:
    return next(one for one in LACKS if one.name == name).bundle()


@pytest.mark.parametrize(
    ("name", "agrees", "last"),
    [
        (
            "complete",
            ["1/1 nội dung nộp, 1/1 lý do, ghi chú đã gõ và 3/3 tệp có trong gói khớp với mã băm đã ghi"],
            "Gói nguyên vẹn",
        ),
        (
            "the inconvenient opinion and all files",
            ["0/1 nội dung nộp, 1/1 lý do, ghi chú đã gõ và 0/1 tệp có trong gói khớp với mã băm đã ghi"],
            "Gói nguyên vẹn, nhưng thiếu nội dung",
        ),
        ("everything", [], "Gói nguyên vẹn, nhưng thiếu nội dung"),
        (
            "erased opinion",
            ["0/1 nội dung nộp, 1/1 lý do, ghi chú đã gõ và 1/1 tệp có trong gói khớp với mã băm đã ghi"],
            "Gói nguyên vẹn",
        ),
    ],
)
def test_nobody_takes_what_lacks_for_complete(
    page: Page,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    agrees: list[str],
    last: str,
):
    code, lines = read_out(lacking(name), tmp_path, capsys)

    assert (code, lines[-1]) == (0, f"{last}.")
    assert [line for line in lines if line.startswith("Đúng")] == [f"Đúng: {one}." for one in agrees]
    page.set_input_files("#file", {"name": f"{name}.zip", "mimeType": "", "buffer": lacking(name)})
    result = page.locator("#result")
    result.get_by_text(f"{name}.zip", exact=True).and_(result.locator("h2 + p")).wait_for()
    assert result.get_by_role("heading").inner_text() == last
    told = result.locator("li").all_inner_texts()
    assert [line.removeprefix("Đúng") for line in told if "khớp với mã băm đã ghi" in line] == agrees
    notices = by_python(lacking(name))["notices"]
    assert [line.removeprefix("Chú ý") for line in told if line.removeprefix("Chú ý") in notices] == notices
    assert [line for line in lines if line.removeprefix("Chú ý: ").removesuffix(".") in notices] == [
        f"Chú ý: {one}." for one in notices
    ]
    assert REMEDY not in result.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_both_say_what_to_do_and_what_no_witness_means(
    page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = second_format() | {"keys.json": as_json({"log": [], "witnesses": []})}
    bundle = stored(with_manifest(files))

    code, lines = read_out(bundle, tmp_path, capsys)

    assert code == 1
    last_finding = max(number for number, line in enumerate(lines) if line.startswith("SAI: "))
    assert lines[last_finding + 1] == f"Giữ nguyên gói {REMEDY}"
    assert sum(REMEDY in line for line in lines) == 1
    assert f"Chú ý: {UNWITNESSED}." in lines
    page.set_input_files("#file", {"name": "sai.zip", "mimeType": "", "buffer": bundle})
    result = page.locator("#result")
    result.get_by_text(f"Giữ nguyên gói {REMEDY}", exact=True).wait_for()
    assert result.inner_text().count(REMEDY) == 1
    assert UNWITNESSED in result.inner_text()


def test_the_pages_own_arithmetic(page: Page):
    for name, vectors in (("sha256", SHA256), ("sha512", SHA512)):
        for text, digest in vectors.items():
            assert page.evaluate(f"text => hex({name}(utf8(text)))", text) == digest
    # Each length around the ends of blocks, against the system's library.
    for length in (0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 1000):
        data = bytes(range(256)) * 4
        for name in ("sha256", "sha512"):
            found = page.evaluate(f"data => hex({name}(fromHex(data)))", data[:length].hex())
            assert found == hashlib.new(name, data[:length]).hexdigest()
    for _, public, message, signature in VECTORS:
        for changed, holds in ((b"", True), (b"x", False)):
            asked = [public.hex(), (message + changed).hex(), signature.hex()]
            assert page.evaluate("all => isSigned(...all.map(fromHex))", asked) is holds
            assert verifier.ed25519_holds(public, message + changed, signature) is holds


def test_a_person_drops_a_bundle_and_pastes_a_key(page: Page):
    result = page.locator("#result")

    page.set_input_files("#file", {"name": "goi.zip", "mimeType": "", "buffer": stored(first_format())})
    result.get_by_role("heading", name="Gói nguyên vẹn, nhưng thiếu nội dung", exact=True).wait_for()
    assert "4 sự kiện nối tiếp nhau" in result.inner_text()
    assert "khóa lấy từ chính tệp này" in result.inner_text()

    page.fill("#witness", "w.example.vn/nhan-chung+00000000+AAAA")
    page.locator("#witness").blur()
    result.get_by_role("heading", name="Không đọc được tệp này").wait_for()
    page.fill("#witness", "")
    page.locator("#witness").blur()
    result.get_by_role("heading", name="Gói nguyên vẹn").wait_for()

    page.set_input_files(
        "#file", {"name": "b.json", "mimeType": "", "buffer": as_json(receipt(proved=False))}
    )
    result.get_by_role("heading", name="Biên nhận nguyên vẹn").wait_for()
    assert "chưa có điểm kiểm" in result.inner_text()
    altered = first_format() | {"keys.json": b'{"log": [], "witnesses": []}'}
    names = [{"name": name, "mimeType": "", "buffer": content} for name, content in altered.items()]
    page.set_input_files("#file", names)
    result.get_by_role("heading", name="Gói KHÔNG nguyên vẹn").wait_for()
    assert "không mang chữ ký của khóa nhật ký nào" in result.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_the_page_may_run_is_only_what_it_holds():
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', TEXT)

    def sealed(tag: str) -> str:
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", TEXT, re.DOTALL)
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    # After a change of script or style, these are the hashes to write into the page.
    assert policy
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{sealed('script')}'; style-src 'sha256-{sealed('style')}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|eval|innerHTML|localStorage)\b", TEXT)
    assert not re.search(r"(src|href|action)=", TEXT)


def test_the_python_program_needs_nothing_but_its_library():
    modules = set(re.findall(r"^(?:import|from) (\w+)", PYTHON, re.MULTILINE))

    assert modules <= {
        "__future__", "argparse", "base64", "collections", "functools", "hashlib", "json", "mmap", "pathlib",
        "re", "struct", "sys", "typing", "zlib",
    }  # fmt: skip


def test_a_folder_is_read_as_its_archive_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, content in first_format().items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(SystemExit) as ended:
        verifier.main([str(tmp_path), "--json"])

    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["events"] == 4


@pytest.mark.parametrize(("proved", "sentence"), [(True, "nhật ký cỡ 6"), (False, "lời hứa")])
def test_a_receipt_is_read_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], proved: bool, sentence: str
):
    (tmp_path / "bien-nhan.json").write_bytes(as_json(receipt(proved=proved)))

    with pytest.raises(SystemExit) as ended:
        verifier.main([str(tmp_path / "bien-nhan.json")])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "Hồ sơ CN-2023-00001, sự kiện 2" in said
    assert sentence in said
    assert "Biên nhận nguyên vẹn." in said
