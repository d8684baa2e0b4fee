"""An auditor's story in a browser: from a question to a bundle that two programs verify offline.

Then the operator, who holds database, files and the log's key, makes the same case say otherwise.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, text, update

from service.audit.canonical import canonical, chain_hash, salted_digest
from service.audit.witnessing import ask_witness
from service.database import db, transaction
from service.demo.story import play
from service.models import Case, Event, Submission
from tests.integration.audit.logs import WITNESS, a_witness, keep_and_sign, settings
from tests.integration.conftest import MEGABYTE
from tests.integration.web.conftest import Visitor

Behind = Callable[[Callable[[], Any]], Any]
SHOTS = os.environ.get("SHOTS")
PATIENCE_MS = 60_000


@pytest.fixture
def commune_case(behind: Behind, tmp_path: Path) -> uuid.UUID:
    """Xã Thí Dụ's case as the story ends, its log signed and cosigned."""

    def scene() -> uuid.UUID:
        play(tmp_path / "files", 5 * MEGABYTE)
        keep_and_sign()
        assert ask_witness(settings(), a_witness(tmp_path))
        return db.session.execute(
            select(Case.id).where(Case.outcome == "commune_not_recognised")
        ).scalar_one()

    return uuid.UUID(str(behind(scene)))


def look(page: Page, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(SHOTS) / f"auditor-{name}.png", full_page=True)


def test_from_a_question_to_a_bundle_verified_offline(
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Behind,
    commune_case: uuid.UUID,
    tmp_path: Path,
    web: Any,
):
    web.config["SETTINGS"] = behind(settings)
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.set_viewport_size({"width": 1440, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    cookie = as_person("kiemtra").client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    code = behind(lambda: db.session.get_one(Case, commune_case).code)

    # Who decided 2.6, against whose opinion? Member 56,3 %, everybody else 54,4 %; the meeting agreed.
    page.goto(f"{address}/kiem-tra")
    page.get_by_role(
        "link", name="Ai đã quyết định một chỉ tiêu, dựa trên minh chứng nào, trái với ý kiến của ai?"
    ).click()
    page.get_by_label("Mã hồ sơ").fill(code)
    page.get_by_label("Chỉ tiêu (số thứ tự)").fill("2.6")
    page.get_by_role("button", name="Trả lời").click()
    answer = page.locator("main")
    expect(answer).to_contain_text("56,3%")
    expect(answer).to_contain_text("Hội nghị")
    look(page, "1-question")

    # From the answer to the moment at which Sở recorded its own results.
    act = page.get_by_role("listitem").filter(
        has=page.get_by_role("heading", name="Thẩm tra, đánh giá độc lập")
    )
    act.get_by_role("link", name=re.compile("^Xem sự kiện số")).click()
    panel = page.locator("[data-panel]")
    expect(panel.get_by_role("heading", level=2)).to_contain_text(
        "Hoàn thành bước “Thẩm tra, đánh giá độc lập”"
    )
    expect(panel).to_contain_text("opinions_agree = true")
    expect(page.locator("#seals")).to_contain_text("Nhật ký toàn vẹn")
    expect(page.locator("#seals")).to_contain_text("Tính lại khớp")
    expect(page.locator("#seals")).to_contain_text("Nhân chứng đã ký")
    expect(page.locator(".diagram .token--active")).to_have_text("Đang ở đây")
    expect(page.locator("[data-element-id=reconciliation_meeting].is-active")).to_have_count(1)
    look(page, "2-moment")

    # On by keyboard; the address is that of the moment.
    here = int(re.findall(r"su-kien=(\d+)", page.url)[0])
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-where] strong")).to_have_text(re.compile(rf"^Sự kiện {here + 1}/"))
    expect(page.locator("[data-list] [aria-current]")).to_have_attribute("data-seq", str(here + 1))
    page.wait_for_url(re.compile(rf"su-kien={here + 1}$"))
    page.keyboard.press("End")
    expect(page.locator(".diagram .token--active")).to_have_text("Kết thúc ở đây")
    page.keyboard.press("Home")
    page.get_by_role("button", name="Chạy").click()
    expect(page.get_by_role("button", name="Dừng")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-where] strong")).to_have_text(re.compile("^Sự kiện [2-9]/"))
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Chạy")).to_have_attribute("aria-pressed", "false")

    # The bundle, taken away.
    page.get_by_role("link", name="Xuất hồ sơ").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Gói kèm bằng chứng (ZIP)").click()
    away = tmp_path / "away"
    away.mkdir()
    bundle = away / "bundle.zip"
    download.value.save_as(bundle)
    assert complaints == []

    ended, said = by_python(bundle)
    assert ended == 0
    # What is only told from the log is not passed off as proved.
    shown = "case.ocel.json, case.xes, events.csv, history.pdf chỉ là bản trình bày"
    assert shown in said
    expect(in_the_page(page, bundle)).to_have_text("Gói nguyên vẹn")
    expect(page.locator("#result")).to_contain_text(shown)
    look(page, "3-verified")

    # Whoever holds database and key makes Sở find what the member found, and hashes everything anew.
    def altered() -> None:
        with transaction() as session:
            rewrite(session, commune_case)
        keep_and_sign()

    behind(altered)
    page.context.set_offline(False)
    page.goto(f"{address}/ho-so/{commune_case}/dien-bien")
    expect(page.locator("#seals")).to_contain_text("NHẬT KÝ KHÔNG TOÀN VẸN")
    look(page, "4-broken")
    with page.expect_download() as download:
        page.goto(f"{address}/ho-so/{commune_case}?tab=qua-trinh#xuat-ho-so")
        page.locator("#xuat-ho-so summary").click()
        page.get_by_role("button", name="Gói kèm bằng chứng (ZIP)").click()
    forged = away / "forged.zip"
    download.value.save_as(forged)
    assert by_python(forged)[0] == 1
    expect(in_the_page(page, forged)).to_have_text("Gói KHÔNG nguyên vẹn")


def by_python(bundle: Path) -> tuple[int, str]:
    """The verifier that lies in the bundle, in a folder of its own, without environment or our packages."""
    folder = bundle.with_suffix("")
    folder.mkdir()
    with zipfile.ZipFile(bundle) as archive:
        (folder / "congnhan_verify.py").write_bytes(archive.read("congnhan_verify.py"))
    shutil.copy(bundle, folder / "bundle.zip")
    ended = subprocess.run(
        [sys.executable, "-I", "congnhan_verify.py", "bundle.zip", "--witness-key", str(WITNESS.public)],
        cwd=folder,
        env={},
        capture_output=True,
        check=False,
    )
    return ended.returncode, ended.stdout.decode()


def in_the_page(page: Page, bundle: Path) -> Any:
    """The verifier of one HTML file, opened from the disk without network; where it says what it found."""
    page.goto("about:blank")
    page.context.set_offline(True)
    verifier = bundle.parent / f"{bundle.stem}.html"
    with zipfile.ZipFile(bundle) as archive:
        verifier.write_bytes(archive.read("congnhan_verify.html"))
    page.goto(verifier.as_uri())
    page.locator("input[type=file]").first.set_input_files(bundle)
    return page.locator("#result h2")


def rewrite(session: Any, case_id: uuid.UUID) -> None:
    for name in (
        session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    ):
        session.execute(text(f"DROP TRIGGER {name}"))
    row = session.execute(
        select(Submission).where(Submission.case_id == case_id, Submission.element == "department_verify")
    ).scalar_one()
    content = row.content.replace(b"54,4%", b"56,3%")
    assert content != row.content
    digest = salted_digest(row.salt, content)
    session.execute(update(Submission).where(Submission.id == row.id).values(content=content, digest=digest))
    previous = b""
    events = select(Event).where(Event.stream == "case", Event.stream_id == str(case_id)).order_by(Event.seq)
    for event in session.execute(events).scalars().all():
        body = orjson.loads(event.body)
        if event.seq == row.seq:
            body["digests"]["submission"] = digest
        hashed = chain_hash(previous or bytes(32), canonical(body))
        session.execute(
            update(Event).where(Event.position == event.position).values(body=canonical(body), hash=hashed)
        )
        previous = hashed
    session.execute(update(Case).where(Case.id == case_id).values(last_hash=previous))
