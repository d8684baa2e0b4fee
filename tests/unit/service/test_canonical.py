"""The log's bytes are RFC 8785: checked against the reference implementation."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from service.audit.canonical import canonical, chain_hash, salted_digest

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
documents = st.dictionaries(
    text,
    st.recursive(
        st.none() | st.booleans() | integers | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=6,
)


@given(documents)
def test_canonical_bytes_are_those_of_the_reference_implementation(document: dict[str, object]):
    assert canonical(document) == rfc8785.dumps(document)


def test_keys_are_ordered_by_utf16_units_as_the_standard_asks():
    document = {"\U0001f600": 1, "\ufb33": 2, "a": 3}

    # U+1F600 begins with the surrogate D83D, which sorts before U+FB33.
    assert canonical(document) == '{"a":3,"\U0001f600":1,"\ufb33":2}'.encode()


def test_vietnamese_is_written_as_it_is():
    assert canonical({"b": "Thẩm tra", "a": [True, None, "\n"]}) == (
        '{"a":[true,null,"\\n"],"b":"Thẩm tra"}'.encode()
    )


@pytest.mark.parametrize("value", [1.5, Decimal("1.5"), 2**53, -(2**53), {1, 2}, b"x"])
def test_what_has_no_exact_form_is_refused_wherever_it_stands(value: object):
    with pytest.raises(ValueError, match=r"string|canonical"):
        canonical({"a": [{"b": value}]})


def test_a_link_is_the_sha256_of_the_previous_hash_and_the_body():
    previous = bytes(range(32))

    assert chain_hash(previous, b"{}") == hashlib.sha256(previous + b"{}").digest()


def test_equal_words_with_other_salts_have_other_digests():
    assert salted_digest(b"a" * 16, b"x") != salted_digest(b"b" * 16, b"x")
    assert salted_digest(b"a" * 16, b"x") == hashlib.sha256(b"a" * 16 + b"x").hexdigest()
