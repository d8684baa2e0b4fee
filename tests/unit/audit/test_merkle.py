"""The tree against the reference vectors of Certificate Transparency and the laws of its proofs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audit.merkle import (
    EMPTY_ROOT,
    LEVELS_APART,
    Edge,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
    tree_root,
)

# The reference tree of RFC 6962's own implementation (certificate-transparency, merkle_tree_test).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUDED = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENT = {
    (1, 1): [],
    (1, 8): INCLUDED[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
SIZES = st.integers(0, 600)


class Store:
    """What the service keeps in tables, in a dictionary."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}
        self.edge = Edge()
        for leaf in leaves:
            self.nodes |= {(level, index): found for level, index, found in self.edge.append(leaf)}

    def __call__(self, level: int, first: int, after: int) -> list[bytes]:
        return [self.nodes[level, index] for index in range(first, after) if (level, index) in self.nodes]


REFERENCE = Store([leaf_hash(data) for data in INPUTS])
MANY = [leaf_hash(number.to_bytes(4, "big")) for number in range(600)]
GROWN = Store(MANY)


def as_bytes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 writes it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_tree(size: int):
    assert tree_root(leaf_hash(data) for data in INPUTS[:size]).hex() == ROOTS[size]
    assert root_of(size, REFERENCE).hex() == ROOTS[size]


@pytest.mark.parametrize("place", INCLUDED)
def test_paths_of_the_reference_tree(place: tuple[int, int]):
    index, size = place

    assert inclusion_proof(index, size, REFERENCE) == as_bytes(INCLUDED[place])


@pytest.mark.parametrize("sizes", CONSISTENT)
def test_growth_of_the_reference_tree(sizes: tuple[int, int]):
    assert consistency_proof(*sizes, REFERENCE) == as_bytes(CONSISTENT[sizes])


def test_only_every_eighth_level_is_stored():
    levels = {level for level, _ in GROWN.nodes}

    assert levels == {0, LEVELS_APART}
    assert len([1 for level, _ in GROWN.nodes if level == LEVELS_APART]) == 2  # of 600 leaves


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_a_stored_tree_has_the_root_of_the_definition(size: int):
    expected = by_definition(MANY[:size])

    assert root_of(size, GROWN) == expected
    assert Edge.of(size, GROWN).root() == expected


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES)
def test_an_edge_taken_up_again_grows_as_if_it_had_never_stopped(one: int, other: int):
    old, size = sorted((one, other))
    edge = Edge.of(old, GROWN)

    added = [node for leaf in MANY[old:size] for node in edge.append(leaf)]

    assert edge.root() == root_of(size, GROWN)
    assert all(GROWN.nodes[level, index] == found for level, index, found in added)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_leaf_is_proved_under_its_number_only(data: st.DataObject):
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    root, proof = root_of(size, GROWN), inclusion_proof(index, size, GROWN)

    assert len(proof) <= (size - 1).bit_length()
    assert is_included(MANY[index], index, size, proof, root)

    elsewhere = data.draw(st.integers(0, size - 1).filter(lambda other: other != index)) if size > 1 else -1
    assert not is_included(MANY[index], elsewhere, size, proof, root)
    assert not is_included(leaf_hash(b"another"), index, size, proof, root)
    assert not is_included(MANY[index], index, size, [*proof, root], root)
    if proof:
        assert not is_included(MANY[index], index, size, proof[:-1], root)
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_included(MANY[index], index, size, [*proof[:at], root, *proof[at + 1 :]], root)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.data())
def test_growth_is_proved_and_nothing_else(one: int, other: int, data: st.DataObject):
    old, size = sorted((one, other))
    old_root, root = root_of(old, GROWN), root_of(size, GROWN)
    proof = consistency_proof(old, size, GROWN)

    assert is_consistent(old, old_root, size, root, proof)

    assert not is_consistent(old, leaf_hash(b"another"), size, root, proof)
    assert not is_consistent(old, old_root, size, leaf_hash(b"another"), proof) or old == 0
    assert not is_consistent(old, old_root, size, root, [*proof, root])
    if old != size:
        assert not is_consistent(size, root, old, old_root, proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_consistent(old, old_root, size, root, [*proof[:at], leaf_hash(b""), *proof[at + 1 :]])


def test_from_nothing_everything_grows_without_a_proof():
    assert is_consistent(0, EMPTY_ROOT, 8, bytes.fromhex(ROOTS[8]), [])
    assert not is_consistent(0, bytes(32), 8, bytes.fromhex(ROOTS[8]), [])


def test_what_is_not_in_the_tree_cannot_be_proved():
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(8, 8, REFERENCE)
    with pytest.raises(ValueError, match="does not begin"):
        consistency_proof(9, 8, REFERENCE)
    with pytest.raises(LookupError, match="lacks nodes"):
        root_of(9, REFERENCE)
