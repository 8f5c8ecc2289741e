import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.records.ledger.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    root_from_path,
    tree_root,
)

sizes = st.integers(1, 70)


def leaves(size: int, salt: int = 0) -> list[bytes]:
    return [leaf_hash(f"{salt} {n}".encode()) for n in range(size)]


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, to the letter."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = naive_split(len(hashes))
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_path(m: int, hashes: list[bytes]) -> list[bytes]:
    """2.1.3.1."""
    if len(hashes) == 1:
        return []
    k = naive_split(len(hashes))
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m: int, hashes: list[bytes], known: bool) -> list[bytes]:
    """2.1.4.1."""
    if m == len(hashes):
        return [] if known else [naive_root(hashes)]
    k = naive_split(len(hashes))
    if m <= k:
        return [*naive_subproof(m, hashes[:k], known), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], False), naive_root(hashes[:k])]


def naive_verify_inclusion(leaf: bytes, m: int, n: int, path: list[bytes], root: bytes) -> bool:
    """2.1.3.2."""
    if m >= n:
        return False
    fn, sn, r = m, n - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def proves(leaf: bytes, m: int, n: int, path: list[bytes], root: bytes) -> bool:
    try:
        return root_from_path(leaf, m, n, path) == root
    except ValueError:
        return False


def test_hashes_are_those_of_the_standard() -> None:
    assert EMPTY_ROOT.hex().startswith("e3b0c442")
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert tree_root([]) == EMPTY_ROOT


@given(sizes)
def test_the_root_of_every_size_is_that_of_the_standard(size: int) -> None:
    tree = Tree(leaves(size))
    assert [tree.root(n) for n in range(size + 1)] == [naive_root(leaves(n)) for n in range(size + 1)]


@given(sizes, st.data())
def test_every_leaf_is_proved_as_the_standard_says(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = inclusion_path(hashes, index)
    assert path == naive_path(index, hashes)
    assert naive_verify_inclusion(hashes[index], index, size, path, naive_root(hashes))
    assert root_from_path(hashes[index], index, size, path) == naive_root(hashes)


@given(sizes, st.data())
def test_a_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes, root = leaves(size), tree_root(leaves(size))
    path = inclusion_path(hashes, index)
    other = data.draw(st.integers(0, size + 3).filter(lambda n: n != index))
    assert not proves(hashes[index], other, size, path, root) or hashes[index] == hashes[other]
    assert not proves(leaf_hash(b"other"), index, size, path, root)
    assert not proves(hashes[index], index, size, [*path, root], root)
    if path:
        spot = data.draw(st.integers(0, len(path) - 1))
        assert not proves(hashes[index], index, size, [*path[:spot], root, *path[spot + 1 :]], root)
        assert not proves(hashes[index], index, size, path[:-1], root)


@given(sizes, st.data())
def test_every_beginning_is_proved_as_the_standard_says(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    hashes = leaves(size)
    path = consistency_path(hashes, old)
    assert path == naive_subproof(old, hashes, True)
    assert is_consistent(old, tree_root(hashes[:old]), size, tree_root(hashes), path)


@given(sizes, st.data())
def test_no_other_beginning_is_proved(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    hashes = leaves(size)
    root, old_root, path = tree_root(hashes), tree_root(hashes[:old]), consistency_path(hashes, old)
    changed = data.draw(st.integers(0, old - 1))
    other = tree_root([*hashes[:changed], leaf_hash(b"other"), *hashes[changed + 1 : old]])
    assert not is_consistent(old, other, size, root, path)
    assert not is_consistent(old, old_root, size, other, path) or other == root
    assert not is_consistent(old, old_root, size, root, [*path, root])
    assert not is_consistent(0, EMPTY_ROOT, size, root, [])
    if path:
        assert not is_consistent(old, old_root, size, root, path[:-1])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        root_from_path(EMPTY_ROOT, index, size, [])


@pytest.mark.parametrize("old", [0, 4])
def test_there_is_no_proof_of_a_larger_beginning(old: int) -> None:
    with pytest.raises(ValueError, match="prefix"):
        consistency_path(leaves(3), old)
