"""*Quản trị* at its pages: who enters, forms without JavaScript, errors that lose nothing typed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from service.administration.quotas import years_assigned
from service.identity.operations import log_in
from tests.builders import NOON
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
ROOM = "/quan-tri"
PAGES = (
    "",
    "/xu-ly-thay",
    "/xu-ly-thay/moi?q=thi du",
    "/don-vi?q=bim son&loai=commune",
    "/don-vi/xa-thi-du",
    "/nguoi?q=van thu",
    "/nguoi/moi",
    "/chi-tieu?nam=2024",
    "/thanh-vien",
    "/bo-chi-so",
    "/bo-chi-so/chi-so-cap-xa-minh-hoa",
    "/nhat-ky?loai=1&tu=2023-11-01&den=2023-11-30",
)


def link(text: str, pattern: str) -> str:
    found = re.search(rf'(?:href|action)="({pattern})"', text)
    assert found, pattern
    return found[1].replace("&amp;", "&")


def test_each_page_is_well_made_and_open_to_those_it_is_for(as_person: AsPerson) -> None:
    administrator = as_person("quantri")
    assert {path: faults(administrator.page(ROOM + path)) for path in PAGES} == {path: [] for path in PAGES}

    def answers(username: str) -> list[int]:
        one = as_person(username)
        return [one.get(ROOM + path).status_code for path in PAGES]

    auditor = [200, 200, 404, 200, 200, 200, 403, 200, 200, 200, 403, 200]
    assert answers("kiemtra") == auditor
    assert answers("so-tttt-giamdoc") == [200, 200, 200, 403, 403, 403, 403, 200, 200, 200, 200, 403]
    assert answers("xa-thidu-lanhdao") == [200, 200, 200, 403, 403, 403, 403, 404, 404, 404, 404, 403]
    assert answers("xa-thidu-chuyenvien") == [403, 200, 404, *[403] * 9]
    assert administrator.page(ROOM + "/don-vi?q=bim son&loai=commune").count("worklist__link") == 0
    assert administrator.page(ROOM + "/don-vi?q=quang trung").count("worklist__link") == 1
    assert "Nhập từ tệp" not in as_person("kiemtra").page(ROOM + "/chi-tieu")


def test_a_leader_has_a_colleague_act_for_the_absent_one_who_both_read_of_it(as_person: AsPerson) -> None:
    leader = as_person("xa-thidu-lanhdao")
    chosen = link(
        leader.page(ROOM + "/xu-ly-thay/moi?q=chuyen vien"), r"/quan-tri/xu-ly-thay/moi\?vang=[^\"]+"
    )
    typed = {
        "appointment": chosen.rpartition("=")[2],
        "substitute": "xa-thidu-lanhdao",
        "first": "2023-11-20",
        "last": "2023-11-19",
        "legal_basis": "Giấy số 7",
    }

    refused = leader.post(ROOM + "/xu-ly-thay/moi", dict(typed))
    assert refused.status_code == 422
    assert 'value="Giấy số 7"' in refused.text
    assert "Ngày cuối phải từ ngày đầu trở đi." in refused.text
    assert faults(refused.text) == []
    assert leader.post(ROOM + "/xu-ly-thay/moi", {**typed, "last": "2023-11-22"}).status_code == 303

    for username in ("xa-thidu-lanhdao", "xa-thidu-chuyenvien"):
        shown = as_person(username).page(ROOM + "/xu-ly-thay")
        assert "Giấy số 7" in shown
        assert faults(shown) == []
    assert "Ông/bà đang" in leader.page(ROOM + "/xu-ly-thay")
    assert "Giấy số 7" not in as_person("xa-minhhoa-lanhdao").page(ROOM + "/xu-ly-thay")
    end = link(leader.page(ROOM + "/xu-ly-thay"), r"/quan-tri/xu-ly-thay/[^/\"]+/ket-thuc")
    assert as_person("xa-thidu-chuyenvien").post(end).status_code == 404
    assert leader.post(end).status_code == 303
    assert leader.post(end).status_code == 409


def test_an_account_is_made_with_a_password_that_is_shown_once_and_a_list_is_seen_before_it_counts(
    as_person: AsPerson, behind: Callable[[Callable[[], object]], object]
) -> None:
    administrator = as_person("quantri")
    made = administrator.post(ROOM + "/nguoi/moi", {"username": "tran.thi.c", "display_name": "Trần Thị C"})
    password = re.search(r'class="one-time">([^<]+)<', made.text)
    assert password, made.status_code
    assert behind(lambda: log_in(username="tran.thi.c", password=str(password[1]), now=NOON, hours=1))
    page = link(administrator.page(ROOM + "/nguoi?q=tran thi c"), r"/quan-tri/nguoi/[0-9a-f-]{36}")
    assert password[1] not in administrator.page(page)
    again = administrator.post(ROOM + "/nguoi/moi", {"username": "tran.thi.c", "display_name": "Khác"})
    assert (again.status_code, faults(again.text)) == (422, [])

    before = behind(years_assigned)

    def sent(text: str, **more: str) -> object:
        file = (io.BytesIO(text.encode()), "ds.csv")
        return administrator.post(ROOM + "/chi-tieu/tep", {"file": file, "source": "QĐ 1", **more})

    wrong = sent("Năm,Mã xã\n2025,xa-thi-du\n2025,khong-co\n")
    assert (wrong.status_code, faults(wrong.text)) == (422, [])  # type: ignore[attr-defined]
    assert "Dòng 3: không có xã nào mang mã" in wrong.text  # type: ignore[attr-defined]
    shown = sent("Năm,Mã xã\n2025,xa-thi-du\n").text  # type: ignore[attr-defined]
    assert faults(shown) == []
    assert "1 xã sẽ được thêm" in shown
    assert behind(years_assigned) == before
    kept = {"apply": "1", "name": "ds.csv", "content": "Năm,Mã xã\n2025,xa-thi-du\n", "source": "QĐ 1"}
    assert administrator.post(ROOM + "/chi-tieu/tep", dict(kept)).status_code == 303
    assert "Thêm 1 xã vào chỉ tiêu được giao." in administrator.page(ROOM + "/nhat-ky")
