"""Ed25519 against RFC 8032, §7.1, and what a strict reader refuses."""

from __future__ import annotations

import pytest

from witness import ed25519

# (private key, public key, message, signature): tests 1 to 3 of the RFC.
VECTORS = [
    tuple(bytes.fromhex(text) for text in vector)
    for vector in (
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    )
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard(seed: bytes, public: bytes, message: bytes, signature: bytes):
    assert ed25519.public_key(seed) == public
    assert ed25519.sign(seed, message) == signature
    assert ed25519.is_signed(public, message, signature)


@pytest.mark.parametrize("place", range(0, 64, 7))
def test_a_signature_with_another_bit_is_none(place: int):
    _, public, message, signature = VECTORS[2]
    changed = bytearray(signature)
    changed[place] ^= 1

    assert not ed25519.is_signed(public, message, bytes(changed))
    assert not ed25519.is_signed(public, message + b"\x00", signature)
    assert not ed25519.is_signed(VECTORS[1][1], message, signature)


def test_the_second_spelling_of_a_signature_is_refused():
    _, public, message, signature = VECTORS[1]
    s = int.from_bytes(signature[32:], "little") + ed25519.ORDER

    assert not ed25519.is_signed(public, message, signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "public",
    [
        bytes(32),  # y = 0: a point of order 4
        (1).to_bytes(32, "little"),  # the neutral point
        (ed25519.P - 1).to_bytes(32, "little"),  # order 2
        ed25519.P.to_bytes(32, "little"),  # y = 0, written as P
        (2).to_bytes(32, "little"),  # no point of the curve has this y
        b"",
        bytes(33),
    ],
)
def test_what_is_no_key_has_signed_nothing(public: bytes):
    neutral_and_zero = (1).to_bytes(32, "little") + bytes(32)

    assert not ed25519.is_signed(public, b"anything", neutral_and_zero)
    assert not ed25519.is_signed(VECTORS[0][1], b"", b"short")
