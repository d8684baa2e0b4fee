"""What people really write against a target, read into an exact interval; nothing is guessed.

The table of forms and their meaning is in docs/evaluation.md.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from evaluation.criteria import Target, TargetKind
from evaluation.errors import TypingError
from evaluation.numbers import NUMBER, format_number, format_percent, parse_number

MAX_LENGTH = 4_000
ZERO, HUNDRED = Fraction(0), Fraction(100)


class Form(StrEnum):
    EMPTY = "empty"
    NUMBER = "number"  # a percentage against a percentage, a count otherwise: see Reading.value
    YES = "yes"
    NO = "no"
    OWN_WORDS = "own_words"  # exactly the words of a qualitative target
    WORDS = "words"  # anything only a person can judge
    UNREADABLE = "unreadable"  # meant as a number where a percentage is asked, but none: `99,9,9%`


@dataclass(frozen=True, slots=True)
class Interval:
    """Every value that the text allows. `upper` None is unbounded; an open end is not itself allowed."""

    lower: Fraction
    upper: Fraction | None
    lower_open: bool = False
    upper_open: bool = False

    @property
    def exact(self) -> Fraction | None:
        return self.lower if self.lower == self.upper else None

    @property
    def empty(self) -> bool:
        return (self.lower_open or self.upper_open) and self.lower == self.upper

    def at_least(self, threshold: Fraction) -> bool | None:
        """True or False where every allowed value agrees, None where it depends on the value."""
        if self.lower >= threshold:
            return True
        if self.upper is not None and (
            self.upper < threshold or (self.upper == threshold and self.upper_open)
        ):
            return False
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """`raw` as written (NFC); `value` only for numbers; `sentence` says how the text was understood."""

    raw: str
    form: Form
    sentence: str
    value: Interval | None = None


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_ABOVE = r">|trên|hơn"
_FROM = r"≥|>=|=>|từ|ít nhất|tối thiểu|không dưới"
_BELOW = r"<|dưới|gần|chưa đến|chưa tới"
_UP_TO = r"≤|<=|=<|không quá|tối đa|nhiều nhất"
_COMPARED = re.compile(
    rf"(?:(?P<from>{_FROM})|(?P<up_to>{_UP_TO})|(?P<above>{_ABOVE})|(?P<below>{_BELOW})|(?P<minus>[-−–]))?"
    rf" ?(?P<number>{NUMBER})(?: ?(?P<percent>%|phần trăm))?(?P<onwards> trở lên)?(?P<rest>.*)\Z",
    re.DOTALL,
)
_RATIO = re.compile(
    rf"(?P<part>{NUMBER}) ?/ ?(?P<whole>{NUMBER})(?P<rest>(?![/%\-–]| ?%| ?/).*)\Z", re.DOTALL
)
_SAID_NO = frozenset({"không", "chưa", "chưa có", "không có", "đang triển khai"})
# A count with these words behind it may count what does not exist yet.
_NOT_YET = re.compile(r"\b(?:chưa|sẽ|dự kiến|đang triển khai)\b")
_DECIDED_BY_A_PERSON = "cần người có thẩm quyền kết luận kèm lý do"
_WORDS = f"không tự kết luận được, {_DECIDED_BY_A_PERSON}"
_NO_NUMBER = f"không phải số; ghi như 99,5%, hoặc {_DECIDED_BY_A_PERSON}"
_UNREADABLE = "không đọc được là số: ghi như 99,5% hoặc 48/60"


def read_result(raw: str, target: Target) -> Reading:
    """What `raw` says against `target`: any text gives a Reading or a TypingError, in linear time.

    Raises TypingError for more than 100 % or less than 0 where the unit is %, for a negative count, and for
    a text longer than MAX_LENGTH. Doors call this before they store; see `assessment.assess` for what is.
    """
    if len(raw) > MAX_LENGTH:
        raise TypingError(
            f"Kết quả dài hơn {MAX_LENGTH} ký tự; hãy ghi ngắn gọn và để phần còn lại vào minh chứng."
        )
    kept = unicodedata.normalize("NFC", raw)
    text = plain(kept)
    if not text:
        return Reading(kept, Form.EMPTY, "chưa có kết quả")
    if target.kind is TargetKind.QUALITATIVE:
        return _against_words(kept, text, target)
    if target.kind is TargetKind.YES_NO:
        return _against_yes(kept, text)
    return _against_percent(kept, text)


def plain(text: str) -> str:
    """`text` for comparison: NFC, lower case, single spaces, no invisible characters or final stops."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_INVISIBLE).casefold())
    return " ".join(folded.split()).rstrip(" .;,")


def _against_words(raw: str, text: str, target: Target) -> Reading:
    own = plain(target.text)
    if text == own:
        return Reading(raw, Form.OWN_WORDS, f"ghi đúng “{target.text}”")
    if text in {"không", "không có", f"không {own}"} or text == "chưa" or text.startswith("chưa "):
        return Reading(raw, Form.NO, "ghi là không hoặc chưa")
    return Reading(raw, Form.WORDS, _WORDS)


def _against_yes(raw: str, text: str) -> Reading:
    if text == "có":
        return Reading(raw, Form.YES, "ghi là có")
    if text in _SAID_NO:
        return Reading(raw, Form.NO, "ghi là không, chưa hoặc đang triển khai")
    ratio = _RATIO.match(text)
    if ratio:
        part, whole = parse_number(ratio["part"]), parse_number(ratio["whole"])
        if not whole:
            return Reading(raw, Form.WORDS, _WORDS)
        return _count(
            raw, Compared(None, part, percent=False, rest=ratio["rest"]) if part is not None else None
        )
    return _count(raw, _compared(text))


def _count(raw: str, compared: "Compared | None") -> Reading:
    # "100% các xã", "2,5" and "03 điểm dự kiến" are not counts of what exists; a person judges them.
    if (
        compared is None
        or compared.percent
        or compared.value.denominator != 1
        or _NOT_YET.search(compared.rest)
        or (compared.rest and not compared.rest.startswith((" ", "(", ",", ";", ":")))
    ):
        return Reading(raw, Form.WORDS, _WORDS)
    if compared.negative:
        raise TypingError(f"“{shown(raw)}” là số âm; hãy nhập lại số lượng.")
    return Reading(raw, Form.NUMBER, f"số lượng {compared.words}", compared.interval(None))


def _against_percent(raw: str, text: str) -> Reading:
    ratio = _RATIO.match(text)
    if ratio:
        return _ratio_percent(raw, text, ratio)
    compared = _compared(text)
    if compared is None or compared.rest:
        return _no_percent(raw, text)
    if compared.negative:
        raise TypingError(f"“{shown(raw)}” là số âm; tỷ lệ phải từ 0 đến 100%, hãy nhập lại.")
    if compared.value > HUNDRED:
        raise TypingError(
            f"“{shown(raw)}” là {format_percent(compared.value)}, lớn hơn 100%; "
            "hãy nhập lại (dấu phẩy là dấu thập phân, ví dụ 54,4%)."
        )
    interval = compared.interval(HUNDRED)
    if interval.empty:
        raise TypingError(f"“{shown(raw)}” không thể xảy ra với tỷ lệ từ 0 đến 100%; hãy nhập lại.")
    return Reading(raw, Form.NUMBER, f"{compared.words}%", interval)


def _no_percent(raw: str, text: str) -> Reading:
    """Words, which a person judges, or something that was meant as a number and is none.

    Without a letter (`99,9,9%`, `%`) or as one word with digits or a % in it (`9O%`) it can hardly be prose.
    Either stays undecided: nothing is guessed, and nobody is kept from saving what they have.
    """
    if not any(sign.isalpha() for sign in text):
        return Reading(raw, Form.UNREADABLE, _UNREADABLE)
    numeric = any(sign == "%" or sign.isnumeric() for sign in text)
    if numeric and " " not in text:
        return Reading(raw, Form.UNREADABLE, _UNREADABLE)
    return Reading(raw, Form.WORDS, _WORDS if numeric else _NO_NUMBER)


def _ratio_percent(raw: str, text: str, ratio: re.Match[str]) -> Reading:
    part, whole = parse_number(ratio["part"]), parse_number(ratio["whole"])
    if part is None or whole is None or part.denominator != 1 or whole.denominator != 1:
        return _no_percent(raw, text)
    if part == 0 and whole == 0:
        return Reading(raw, Form.WORDS, f"0/0 không có mẫu số, {_DECIDED_BY_A_PERSON}")
    if part > whole:
        raise TypingError(
            f"“{ratio['part']}/{ratio['whole']}” lớn hơn 100% (tử số lớn hơn mẫu số); hãy nhập lại."
        )
    if _NOT_YET.search(ratio["rest"]):
        return Reading(raw, Form.WORDS, _WORDS)
    share = part * 100 / whole
    sentence = f"{ratio['part']}/{ratio['whole']} = {format_percent(share)}"
    return Reading(raw, Form.NUMBER, sentence, Interval(share, share))


_SENSE_WORDS: dict[str | None, str] = {
    "above": "trên ",
    "from": "từ ",
    "below": "dưới ",
    "up_to": "không quá ",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A number with what stands before and after it: `trên 99%`, `03 hệ thống`."""

    sense: str | None
    value: Fraction
    percent: bool
    rest: str

    @property
    def negative(self) -> bool:
        return self.sense == "minus"

    @property
    def words(self) -> str:
        return _SENSE_WORDS.get(self.sense, "") + format_number(self.value)

    def interval(self, ceiling: Fraction | None) -> Interval:
        if self.sense == "above":
            return Interval(self.value, ceiling, lower_open=True)
        if self.sense == "from":
            return Interval(self.value, ceiling)
        if self.sense == "below":
            return Interval(ZERO, self.value, upper_open=True)
        if self.sense == "up_to":
            return Interval(ZERO, self.value)
        return Interval(self.value, self.value)


def _compared(text: str) -> Compared | None:
    match = _COMPARED.match(text)
    value = parse_number(match["number"]) if match else None
    if match is None or value is None:
        return None
    sense = next((name for name in ("from", "up_to", "above", "below", "minus") if match[name]), None)
    if match["onwards"]:
        if sense not in (None, "from"):
            return None
        sense = "from"
    return Compared(sense, value, bool(match["percent"]), match["rest"])


def shown(raw: str, limit: int = 60) -> str:
    """`raw` fit for a sentence: one line, bounded."""
    flat = " ".join(raw.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
