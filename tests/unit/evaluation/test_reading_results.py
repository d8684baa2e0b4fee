"""Results as people write them, read into exact intervals. Forms from the reports of 2023."""

import decimal
import unicodedata
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.catalogue import Target, TargetKind, load_catalogue
from evaluation.errors import TypingError
from evaluation.numbers import decimal_string, format_number, format_percent, parse_number
from evaluation.values import Form, Interval, read_result
from tests.quickly import within_seconds

PERCENT = load_catalogue().criterion("3.5").target(2023)  # 95%
YES = load_catalogue().criterion("4.5").target(2023)
WORDS = load_catalogue().criterion("1.8").target(2023)  # Sử dụng hiệu quả
TARGETS = st.sampled_from([PERCENT, YES, WORDS])


def exactly(number: str) -> Interval:
    return Interval(Fraction(number), Fraction(number))


def above(number: str) -> Interval:
    return Interval(Fraction(number), Fraction(100), lower_open=True)


def below(number: str) -> Interval:
    return Interval(Fraction(0), Fraction(number), upper_open=True)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("54,4%", exactly("54.4")),
        ("82,32%", exactly("82.32")),
        ("83.1%", exactly("83.1")),
        ("83.1", exactly("83.1")),
        ("45,82 %", exactly("45.82")),
        ("50", exactly("50")),
        ("100%", exactly("100")),
        ("100,00 %.", exactly("100")),
        ("0", exactly("0")),
        ("66,123456789%", exactly("66.123456789")),
        ("95 phần trăm", exactly("95")),
        ("> 90%", above("90")),
        (">85%", above("85")),
        ("> 90", above("90")),
        ("trên 99%", above("99")),
        ("Trên 99%", above("99")),
        ("hơn 60%", above("60")),
        ("≥ 90%", Interval(Fraction(90), Fraction(100))),
        (">= 90%", Interval(Fraction(90), Fraction(100))),
        ("từ 70% trở lên", Interval(Fraction(70), Fraction(100))),
        ("70% trở lên", Interval(Fraction(70), Fraction(100))),
        ("gần 95%", below("95")),
        ("dưới 50%", below("50")),
        ("< 50%", below("50")),
        ("≤ 50%", Interval(Fraction(0), Fraction(50))),
        ("48/48 sản phẩm lợi thế của địa phương (trong đó có 03 sản phẩm OCCOP)", exactly("100")),
        ("68/68 (Trong đó 58/58 thôn khu phố; 7/7 xã phường)", exactly("100")),
        ("7/7", exactly("100")),
        ("0/7", exactly("0")),
        ("1 / 8", exactly("12.5")),
        ("2/3", exactly("200/3")),
        ("14.132/17.005", exactly("1413200/17005")),
    ],
)
def test_a_percentage_is_read_exactly(raw, value):
    reading = read_result(raw, PERCENT)

    assert reading.value == value
    assert reading.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        "Có",
        "Đảm bảo",
        "Đang triển khai",
        "Triển khai theo hướng dẫn",
        "Thực hiện tuyên truyền trên Cổng TTĐT Bỉm Sơn",
        "0/0",
        "ngày 10 tháng  8 năm 2023",
        "khoảng 50%",
        "98% hộ, 83% thuê bao",
        "48/50 sản phẩm, còn 02 sản phẩm chưa quảng bá",
        "abc",
        "nan",
    ],
)
def test_what_is_no_clear_percentage_is_left_to_a_person(raw):
    assert read_result(raw, PERCENT).form is Form.WORDS


@pytest.mark.parametrize("raw", ["abc", "Đảm bảo", "Có"])
def test_words_without_a_figure_are_told_to_be_no_number(raw):
    assert read_result(raw, PERCENT).sentence.startswith("không phải số; ghi như 99,5%, hoặc cần người")


@pytest.mark.parametrize(
    "raw",
    [
        "99,9,9%",
        "%",
        "-",
        "95%%",
        "9O%",
        "95%ok",
        "12abc",
        "0.544",
        "83.1234%",
        "1,234,567",
        "5e1",
        "1,5/2",
        "30/5/2023",
        "95% - 97%",
        "50/100%",
        "٣٤%",
        "９５%",
        "½",
        "9" * 61,
    ],
)
def test_what_was_meant_as_a_number_and_is_none_is_told_as_such_and_decides_nothing(raw):
    reading = read_result(raw, PERCENT)

    assert (reading.form, reading.value) == (Form.UNREADABLE, None)
    assert reading.sentence == "không đọc được là số: ghi như 99,5% hoặc 48/60"


@pytest.mark.parametrize(
    "raw",
    [
        "100,01%",
        "154,4%",
        "48.386",
        "2.092.423.000",
        "83.125%",
        "> 100%",
        "gần 120%",
        "≥ 100,5%",
        "dưới 0%",
        "70/68",
        "1/0",
        "-5%",
        "− 5",
        "x" * 4_001,
    ],
)
def test_an_impossible_percentage_is_refused_as_a_typing_error(raw):
    with pytest.raises(TypingError) as refusal:
        read_result(raw, PERCENT)

    assert "hãy" in refusal.value.message


@pytest.mark.parametrize("raw", ["", " ", "\t\r\n", "\u00a0", "\ufeff", "\u200b \u200b"])
@pytest.mark.parametrize("target", [PERCENT, YES, WORDS])
def test_nothing_written_is_empty(raw, target):
    assert read_result(raw, target).form is Form.EMPTY


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("Có", Form.YES),
        ("CÓ.", Form.YES),
        ("Không", Form.NO),
        ("Chưa", Form.NO),
        ("Chưa có", Form.NO),
        ("không có", Form.NO),
        ("Đang triển khai", Form.NO),
        ("68/68 (Trong đó 58/58 thôn khu phố)", Form.NUMBER),
        ("03 hệ thống", Form.NUMBER),
        ("48.386", Form.NUMBER),
        ("2.092.423.000", Form.NUMBER),
        ("0", Form.NUMBER),
        ("trên 5 điểm", Form.NUMBER),
        ("Co", Form.WORDS),
        ("Đảm bảo", Form.WORDS),
        ("Có nhưng chưa hoạt động", Form.WORDS),
        ("100% các xã, phường", Form.WORDS),
        ("0/0", Form.WORDS),
        ("5/0", Form.WORDS),
        ("30/5/2023", Form.WORDS),
        ("03 điểm dự kiến lắp đặt", Form.WORDS),
        ("2,5", Form.WORDS),
        ("4G", Form.WORDS),
    ],
)
def test_against_co_a_count_counts_and_words_are_words(raw, form):
    assert read_result(raw, YES).form is form


def test_a_negative_count_is_refused():
    with pytest.raises(TypingError):
        read_result("-3 hệ thống", YES)


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("Sử dụng hiệu quả", Form.OWN_WORDS),
        ("sử dụng  hiệu quả.", Form.OWN_WORDS),
        ("Không", Form.NO),
        ("Không sử dụng hiệu quả", Form.NO),
        ("Chưa", Form.NO),
        ("Chưa sử dụng", Form.NO),
        ("Có", Form.WORDS),
        ("Sử dụng hiệu quả một phần", Form.WORDS),
        ("100%", Form.WORDS),
        ("Không gian mạng", Form.WORDS),
    ],
)
def test_against_words_only_the_same_words_meet(raw, form):
    assert read_result(raw, WORDS).form is form


@given(st.text(), TARGETS)
@example("\ud800", PERCENT)
@example("1" * 4000, PERCENT)
@example("1/" * 2000, YES)
@example("Ö" * 4000, WORDS)
def test_reading_is_total(raw, target):
    try:
        reading = read_result(raw, target)
    except TypingError:
        return
    assert reading.raw == unicodedata.normalize("NFC", raw)
    assert (reading.value is not None) == (reading.form is Form.NUMBER)


SYMBOLS = st.text(alphabet="0123456789.,/% ><≥≤-+()cóhưatrên", max_size=40)


@given(SYMBOLS, TARGETS)
def test_reading_text_that_looks_like_numbers_is_total(raw, target):
    try:
        reading = read_result(raw, target)
    except TypingError:
        return
    if reading.value is not None and target is PERCENT:
        assert 0 <= reading.value.lower <= reading.value.upper <= 100


PERCENTAGES = st.decimals(min_value=0, max_value=100, places=6)


@given(PERCENTAGES)
def test_a_formatted_percentage_is_read_back(value):
    assert read_result(format_percent(value), PERCENT).value == exactly(str(value))


@given(st.decimals(min_value=0, max_value=10**12, places=4))
def test_a_formatted_number_is_read_back(value):
    assert parse_number(format_number(value)) == Fraction(value)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_part_of_a_whole_is_its_exact_share(part, whole):
    if part > whole:
        with pytest.raises(TypingError):
            read_result(f"{part}/{whole}", PERCENT)
        return
    assert read_result(f"{part}/{whole}", PERCENT).value == exactly(f"{part * 100}/{whole}")


WRITTEN = st.sampled_from(
    [
        "54,4%",
        "> 90%",
        "gần 95%",
        "48/48 sản phẩm",
        "Có",
        "Đảm bảo",
        "Sử dụng hiệu quả",
        "từ 70% trở lên",
        "chưa có",
    ]
)


@given(WRITTEN, TARGETS, st.sampled_from(["", " ", "\t", "\u00a0", "\r\n", "  \u3000", "\u200b", "\ufeff"]))
def test_white_space_and_decomposed_letters_change_nothing(written, target, blank):
    plain = read_result(written, target)

    dressed = unicodedata.normalize("NFD", blank + written.replace(" ", f" {blank}") + blank)

    reading = read_result(dressed, target)
    assert (reading.form, reading.value) == (plain.form, plain.value)


@given(WRITTEN, TARGETS, st.integers(1, 6))
def test_the_decimal_context_changes_nothing(written, target, precision):
    plain = read_result(written, target)

    with decimal.localcontext() as context:
        context.prec = precision
        context.rounding = decimal.ROUND_UP
        context.traps[decimal.Inexact] = True
        assert read_result(written, target) == plain
        assert format_percent(Fraction(200, 3)) == "66,6666…%"


def test_the_locale_changes_nothing(monkeypatch):
    import locale

    monkeypatch.setattr(locale, "localeconv", lambda: {"decimal_point": "x", "thousands_sep": "y"})

    assert read_result("54,4%", PERCENT).value == exactly("54.4")


@pytest.mark.parametrize(
    "raw",
    ["1" * 4000, "1." * 2000, "111." * 1000, "1/" * 2000, "> " * 2000, " " * 4000, "chưa " * 800, "1 " * 2000,
     "\u0323\u0301" * 2000, "1" + " " * 3998 + "%"],
    ids=["digits", "dots", "thousands", "slashes", "signs", "blanks", "words", "ones", "marks", "gap"],
)  # fmt: skip
def test_the_longest_text_is_read_at_once(raw):
    with within_seconds(0.2):
        for target in (PERCENT, YES, WORDS):
            with suppress(TypingError):
                read_result(raw, target)


def test_a_number_is_printed_exactly_or_cut_never_rounded():
    assert decimal_string(Fraction("71.25")) == "71.25"
    assert decimal_string(Fraction(2, 3) * 100) == "66.6666666666"
    assert format_number(Fraction(699999, 10000) + Fraction(1, 30000)) == "69,9999…"
    assert decimal_string(Fraction(-1, 8)) == "-0.125"


def test_a_year_that_is_not_assessed_still_refuses_typing_errors():
    starred = Target(TargetKind.PERCENT_MIN, "*", None, "%", assessed=False)

    with pytest.raises(TypingError):
        read_result("154%", starred)
