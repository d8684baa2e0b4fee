"""Numbers as Vietnamese documents write them: `54,4`, `83.1`, `2.092.423.000`.

Fractions, not Decimals, carry the values: 2/3 of a hundred has no exact decimal form, and a Fraction is
compared exactly whatever decimal context or locale the process has.
"""

import re
from decimal import Decimal
from fractions import Fraction

# Digits are ASCII on purpose: `[0-9]`, since \d would also take digits of other scripts.
NUMBER = r"(?:[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+|\.[0-9]{1,2})?)(?![0-9]|[.,][0-9])"
_MAX_DIGITS = 60
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?\Z")


def parse_number(text: str) -> Fraction | None:
    """The exact value of `text` written by the grammar NUMBER, None where it is not a number.

    A comma is the decimal mark; dots before groups of three digits separate thousands (`48.386`), one dot
    before one or two digits is a decimal mark (`83.1`). `0.544` is neither and is not guessed.
    """
    if len(text) > _MAX_DIGITS or not re.fullmatch(NUMBER, text):
        return None
    if _THOUSANDS.match(text):
        if text.startswith("0"):
            return None
        text = text.replace(".", "")
    whole, _, decimals = text.replace(",", ".").partition(".")
    return Fraction(int(whole + decimals), 10 ** len(decimals)) if decimals else Fraction(int(whole))


def decimal_string(value: Fraction, *, digits: int = 10) -> str:
    """`value` with a decimal point: exact where its expansion ends, else cut (never rounded) after `digits`.

    Cutting keeps the promise that a value below a threshold is never printed as the threshold.
    """
    return _expand(value, digits)[0]


def format_number(value: Fraction | Decimal | int, *, digits: int = 4) -> str:
    """`value` for a Vietnamese sentence: decimal comma, no thousands marks, `…` where it was cut."""
    text, exact = _expand(value if isinstance(value, Fraction) else Fraction(value), digits)
    return text.replace(".", ",") + ("" if exact else "…")


def format_percent(value: Fraction | Decimal | int) -> str:
    return format_number(value) + "%"


def _expand(value: Fraction, digits: int) -> tuple[str, bool]:
    numerator, denominator = value.numerator, value.denominator
    sign = "-" if numerator < 0 else ""
    whole, rest = divmod(abs(numerator), denominator)
    length = _expansion_length(denominator)
    exact = length is not None
    places = length if length is not None else digits
    if places == 0:
        return f"{sign}{whole}", exact
    decimals = rest * 10**places // denominator
    return f"{sign}{whole}.{decimals:0{places}d}", exact


def _expansion_length(denominator: int) -> int | None:
    """How many decimals a fraction with this denominator has, None where they never end."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    return max(twos, fives) if denominator == 1 else None
