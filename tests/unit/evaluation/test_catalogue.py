"""The catalogue of QĐ 1829 against Phụ lục 01, and what the loader refuses."""

import unicodedata
from importlib import resources

import pytest

from evaluation.catalogue import criterion_id, criterion_order, load_catalogue, parse_catalogue
from evaluation.errors import CatalogueError, UnknownCriterion, UnknownYear

# Phụ lục 01, columns "Năm 2022" to "Năm 2025", typed from the decision.
TARGETS = """
1.1  Có | Có | Có | Có
1.2  100% | 100% | 100% | 100%
1.3  100% | 100% | 100% | 100%
1.4  100% | 100% | 100% | 100%
1.5  100% | 100% | 100% | 100%
1.6  65% | 70% | 75% | 80%
1.7  Có | Có | Có | Có
1.8  Sử dụng hiệu quả | Sử dụng hiệu quả | Sử dụng hiệu quả | Sử dụng hiệu quả
1.9  Cung cấp đầy đủ thông tin theo quy định | Cung cấp đầy đủ thông tin theo quy định \
| Cung cấp đầy đủ thông tin theo quy định | Cung cấp đầy đủ thông tin theo quy định
1.10 100% | 100% | 100% | 100%
1.11 Triển khai sử dụng | * | * | *
2.1  100% | 100% | 100% | 100%
2.2  100% | 100% | 100% | 100%
2.3  100% | 100% | 100% | 100%
2.4  50% | 60% | 70% | 80%
2.5  * | 50% | 70% | 80%
2.6  50% | 55% | 60% | 70%
3.1  50% | 60% | 70% | 80%
3.2  60% | 75% | 80% | 85%
3.3  * | 55% | 65% | 75%
3.4  60% | 65% | 70% | 80%
3.5  60% | 95% | 100% | 100%
3.6  * | 10% | 20% | 30%
3.7  * | 100% | 100% | 100%
3.8  * | 50% | 100% | 100%
3.9  * | 50% | 100% | 100%
3.10 * | 30% | 40% | 50%
3.11 * | 20% | 30% | 50%
3.12 * | 60% | 70% | 90%
4.1  100% | 100% | 100% | 100%
4.2  * | Đáp ứng | Đáp ứng | Đáp ứng
4.3  100% | 100% | 100% | 100%
4.4  Có | Có | Có | Có
4.5  Có | Có | Có | Có
4.6  Có | Có | Có | Có
4.7  * | Có | Có | Có
4.8  Có | * | * | *
"""
PACKAGED = resources.files("evaluation").joinpath("catalogues", "qd-1829.yaml").read_text("utf-8")


def a_catalogue(swap=()) -> bytes:
    """The packaged catalogue with one text replaced; the text must be there."""
    text = PACKAGED
    for old, new in swap:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def test_every_target_is_that_of_the_decision():
    catalogue = load_catalogue()

    rows = [line.split(None, 1) for line in TARGETS.strip().splitlines()]

    assert [criterion.id for criterion in catalogue.criteria] == [row[0] for row in rows]
    for criterion, texts in rows:
        expected = dict(
            zip((2022, 2023, 2024, 2025), [text.strip() for text in texts.split("|")], strict=True)
        )
        found = {year: target.text for year, target in catalogue.criterion(criterion).targets.items()}
        assert found == expected, criterion


@pytest.mark.parametrize(
    ("year", "by_group"),
    [(2022, [11, 5, 4, 6]), (2023, [10, 6, 12, 7]), (2024, [10, 6, 12, 7]), (2025, [10, 6, 12, 7])],
)
def test_the_criteria_assessed_in_each_year_are_counted_as_in_the_decision(year, by_group):
    assessed = load_catalogue().year(year).assessed

    assert [sum(c.group.id == group for c in assessed) for group in "1234"] == by_group


def test_the_stars_stand_where_the_decision_has_them():
    catalogue = load_catalogue()

    starred = {
        year: [c.id for c in catalogue.criteria if not c.targets[year].assessed] for year in catalogue.years
    }

    in_2022 = ["2.5", "3.3", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "4.2", "4.7"]
    assert starred == {2022: in_2022, 2023: ["1.11", "4.8"], 2024: ["1.11", "4.8"], 2025: ["1.11", "4.8"]}


def test_the_kinds_are_26_percentages_7_yes_and_4_qualitative():
    kinds = [criterion.kind.value for criterion in load_catalogue().criteria]

    assert (kinds.count("percent_min"), kinds.count("yes_no"), kinds.count("qualitative")) == (26, 7, 4)


def test_a_criterion_keeps_its_words_unit_agencies_and_legal_basis():
    criterion = load_catalogue().criterion("3.12")

    assert criterion.name == (
        "Tỷ lệ hộ gia đình thanh toán tiền điện bằng phương thức thanh toán không dùng tiền mặt."
    )
    assert criterion.unit == "%"
    assert criterion.agencies_text == "Sở Công thương (chủ trì), NH NNVN Chi nhánh Thanh Hóa"
    assert [(agency.name, agency.role) for agency in criterion.agencies] == [
        ("Sở Công thương", "lead"),
        ("NH NNVN Chi nhánh Thanh Hóa", "coordinating"),
    ]
    assert criterion.legal_basis == (
        "Quyết định số 1813/QĐ-TTg ngày 28/10/2021; KH số 106/KH-UBND ngày 12/4/2022"
    )


def test_the_document_is_named_with_number_date_and_issuer():
    document = load_catalogue().document

    assert (document.number, document.date) == ("1829/QĐ-UBND", "2023-05-30")
    assert document.issuer == "Chủ tịch UBND tỉnh Thanh Hóa"


@pytest.mark.parametrize(("written", "id_"), [("3.1", "3.1"), ("3.1.", "3.1"), (" 1.10 ", "1.10")])
def test_a_criterion_is_found_by_the_number_people_write(written, id_):
    assert criterion_id(written) == id_


@pytest.mark.parametrize(
    "written", ["", "1", "1.1.1", "1,1", "1.01", "a.b", "1.1..", "٣.١", "1.10\n2", "1." + "1" * 9999]
)
def test_what_is_no_criterion_number_is_refused(written):
    with pytest.raises(UnknownCriterion):
        criterion_id(written)


def test_1_10_comes_after_1_9():
    assert sorted(["1.10", "2.1", "1.9", "1.1"], key=criterion_order) == ["1.1", "1.9", "1.10", "2.1"]


def test_a_year_outside_the_catalogue_is_unknown():
    catalogue = load_catalogue()

    with pytest.raises(UnknownYear, match="2021"):
        catalogue.year(2021)
    with pytest.raises(UnknownYear, match="2026"):
        catalogue.criterion("1.1").target(2026)


def test_a_criterion_outside_the_catalogue_is_unknown():
    with pytest.raises(UnknownCriterion, match=r"4\.9"):
        load_catalogue().criterion("4.9")


def test_layout_and_normal_form_do_not_change_the_content_hash_but_a_word_does():
    original = parse_catalogue(a_catalogue(), "a.yaml")

    decomposed = parse_catalogue(unicodedata.normalize("NFD", "# khác\n" + PACKAGED).encode(), "b.yaml")
    altered = parse_catalogue(a_catalogue(swap=[("Kinh tế số", "Kinh tế  số")]), "c.yaml")

    assert decomposed.content_hash == original.content_hash == load_catalogue().content_hash
    assert decomposed.criteria == original.criteria
    assert altered.content_hash != original.content_hash


MUTATIONS = {
    "another format": ("format: 1", "format: 2", "định dạng"),
    "a missing key": ("criteria_count: 37", "", "thiếu “criteria_count”"),
    "an unknown key": ("criteria_count: 37", "criteria_count: 37\nnote: x", "khóa lạ “note”"),
    "a wrong total": ("criteria_count: 37", "criteria_count: 36", "37 tiêu chí nhưng criteria_count khai 36"),
    "a wrong assessed count": ('2022: {"1": 11,', '2022: {"1": 10,', "assessed_counts năm 2022"),
    "a wrong group count": ("criteria: 11}", "criteria: 12}", "nhóm 1"),
    "a number as id": ('id: "1.10"', "id: 1.10", "dấu nháy"),
    "a duplicate id": ('id: "1.2"', 'id: "1.1"', "tiêu chí 1.1: bị lặp"),
    "an id with a dot": ('id: "1.2"', 'id: "1.2."', "“1.2”"),
    "an id that is none": ('id: "1.2"', 'id: "1.x"', "1.x"),
    "an id out of order": ('id: "1.2"', 'id: "1.12"', "xếp theo số thứ tự"),
    "an id of another group": ('id: "1.2"', 'id: "2.7"', "nhóm"),
    "an unknown kind": ("kind: yes_no", "kind: maybe", "loại “maybe”"),
    "a missing year": ('targets: {2022: "Có", 2023', "targets: {2023", "2022"),
    "a year too many": ('targets: {2022: "Có"', 'targets: {2021: "Có", 2022: "Có"', "2021"),
    "another word for Có": ('targets: {2022: "Có"', 'targets: {2022: "Co"', "“Có”"),
    "a threshold unlike its target": ('thresholds: {2022: "65"', 'thresholds: {2022: "60"', "ngưỡng 60"),
    "a threshold as number": ('thresholds: {2022: "65"', "thresholds: {2022: 65", "dấu nháy"),
    "a threshold over 100": ('thresholds: {2022: "65"', 'thresholds: {2022: "650"', "từ 0 đến 100"),
    "a target without percent": ('{2022: "65%"', '{2022: "65"', "phần trăm"),
    "an empty name": ('name: "Kinh tế số"', 'name: ""', "trống"),
    "an unknown role": ("role: lead", "role: boss", "vai trò “boss”"),
    "a date that is none": ('date: "2023-05-30"', 'date: "30/5/2023"', "YYYY-MM-DD"),
    "a duplicate key": ("criteria_count: 37", "criteria_count: 37\ncriteria_count: 37", "bị lặp"),
    "an alias": ("criteria_count: 37", "criteria_count: &a 37", "neo và tham chiếu"),
    "a tag": ("criteria_count: 37", "criteria_count: !!int 37", "thẻ"),
    "broken YAML": ("criteria_count: 37", "criteria_count: [", "cú pháp"),
    "a second document": ("criteria_count: 37", "---\ncriteria_count: 37", "nhiều tài liệu"),
    "a group twice": ('id: "2", name', 'id: "1", name', "nhóm “1” bị lặp"),
    "years out of order": ("  2022: {", "  2026: {", "tăng dần"),
}


@pytest.mark.parametrize(("old", "new", "told"), MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_catalogue_with_a_mistake_is_refused_in_words(old, new, told):
    with pytest.raises(CatalogueError) as refusal:
        parse_catalogue(a_catalogue(swap=[(old, new)]), "tinh-thu.yaml")

    assert "tinh-thu.yaml" in refusal.value.message
    assert told in refusal.value.message


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfea", b"\x80", b"a\x00b", b"[" * 100_000, b"a: " + b"x" * 6_000_000, b"- 1", b"&a [*a]"],
    ids=["empty", "utf-16", "not utf-8", "nul", "deep", "huge", "a list", "recursive"],
)
def test_hostile_bytes_are_refused_as_a_catalogue(data):
    with pytest.raises(CatalogueError, match=r"x\.yaml"):
        parse_catalogue(data, "x.yaml")


@pytest.mark.parametrize("name", ["none-such", "../qd-1829", "QD", ""])
def test_a_catalogue_that_is_not_packaged_is_refused(name):
    with pytest.raises(CatalogueError):
        load_catalogue(name)
