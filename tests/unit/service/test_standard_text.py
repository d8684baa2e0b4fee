"""The standard text of a Tờ trình: what is zero is left out, and it is known again whatever its numbers."""

from __future__ import annotations

import pytest

from service.rounds.standard_text import Counts, Stated, contradicts, is_standard, standard_text, stated

BOTH = Counts(assigned=3, registered=2, not_proposed=1, still_open=1)


@pytest.mark.parametrize(
    ("counts", "says", "silent"),
    [
        (
            BOTH,
            "công nhận 5 đơn vị (3 thuộc chỉ tiêu được giao, 2 tự nguyện đăng ký); không đề nghị",
            "không 0",
        ),
        (Counts(assigned=3), "công nhận 3 đơn vị thuộc chỉ tiêu được giao. Danh sách", "không đề nghị"),
        (Counts(registered=2), "công nhận 2 đơn vị tự nguyện đăng ký. Danh sách", "không đề nghị"),
        (
            Counts(not_proposed=4),
            "Truyền thông không đề nghị công nhận 4 đơn vị. Danh sách",
            "Đề nghị Chủ tịch",
        ),
    ],
)
def test_what_is_zero_is_left_out_and_the_text_is_known_again(counts: Counts, says: str, silent: str) -> None:
    text = standard_text(2023, counts)

    assert says in text
    assert silent not in text
    assert " 0 " not in text
    assert is_standard(text, 2023)
    assert not is_standard(text, 2024)
    assert not contradicts(text, counts)


def test_a_changed_word_makes_it_a_text_of_people() -> None:
    assert not is_standard(standard_text(2023, BOTH).replace("Đề nghị", "Kính đề nghị"), 2023)


@pytest.mark.parametrize(
    ("text", "said", "wrong"),
    [
        ("Kính trình Chủ tịch xem xét.", Stated(None, None), False),
        ("Đề nghị công nhận 5 xã; không đề nghị công nhận 1 xã.", Stated(5, 1), False),
        ("Đề nghị công nhận 4 đơn vị, không đề nghị công nhận 1 đơn vị.", Stated(4, 1), True),
        ("Đề nghị công nhận 5 đơn vị.", Stated(5, None), True),
        ("Không công nhận 1 đơn vị.", Stated(None, 1), True),
    ],
)
def test_a_text_of_people_contradicts_the_lists_only_by_its_numbers(
    text: str, said: Stated, wrong: bool
) -> None:
    assert stated(text) == said
    assert contradicts(text, BOTH) is wrong
