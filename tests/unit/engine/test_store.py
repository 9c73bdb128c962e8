"""The packed store gives back what it was given, or nothing; never something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.engine.store import Damaged, Record, Store, digest

KEY, OTHER = digest(b"key"), digest(b"other")
PARTS = (b"outline", b"", b"body" * 1000)


def packs(place: Path) -> list[Path]:
    return sorted((place / "packs").glob("*.pack"))


def kept(place: Path, key: bytes = KEY, parts: tuple[bytes, ...] = PARTS) -> tuple[Record, ...]:
    with Store(place) as store:
        return store.append(key, parts)


def test_what_was_appended_is_read_at_once(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        records = store.append(KEY, PARTS)
        assert tuple(map(store.read, records)) == PARTS
        assert store.find(KEY) == records


def test_what_was_appended_is_found_by_the_next_build(tmp_path: Path) -> None:
    records = kept(tmp_path)
    with Store(tmp_path) as store:
        assert store.find(KEY) == records
        assert tuple(map(store.read, records)) == PARTS


def test_what_was_never_appended_is_not_found(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store.find(KEY) is None
        store.append(KEY, PARTS)
        assert store.find(OTHER) is None


def test_a_build_goes_on_in_the_pack_of_the_last_one(tmp_path: Path) -> None:
    kept(tmp_path)
    kept(tmp_path, OTHER, (b"more",))
    assert len(packs(tmp_path)) == 1
    with Store(tmp_path) as store:
        for key, parts in ((KEY, PARTS), (OTHER, (b"more",))):
            found = store.find(key)
            assert found is not None
            assert tuple(map(store.read, found)) == parts


def test_two_builds_at_a_time_write_into_two_packs(tmp_path: Path) -> None:
    with Store(tmp_path) as one, Store(tmp_path) as other:
        one.append(KEY, PARTS)
        other.append(OTHER, PARTS)
    assert len(packs(tmp_path)) == 2
    with Store(tmp_path) as store:
        assert store.find(KEY) is not None
        assert store.find(OTHER) is not None


def test_a_changed_byte_is_damage(tmp_path: Path) -> None:
    records = kept(tmp_path)
    (pack,) = packs(tmp_path)
    data = bytearray(pack.read_bytes())
    data[records[2].offset] ^= 1
    pack.write_bytes(data)
    with Store(tmp_path) as store:
        assert store.read(records[0]) == b"outline"
        with pytest.raises(Damaged):
            store.read(records[2])


@pytest.mark.parametrize("length", range(0, 150, 7))
def test_a_pack_that_is_cut_short_anywhere_is_damage_and_never_other_bytes(tmp_path: Path, length: int) -> None:
    records = kept(tmp_path)
    (pack,) = packs(tmp_path)
    pack.write_bytes(pack.read_bytes()[:length])
    with Store(tmp_path) as store:
        with pytest.raises(Damaged):
            store.read(records[2])
        for record in store.find(KEY) or ():
            try:
                assert digest(store.read(record)) == record.digest
            except Damaged:
                continue


def test_a_pack_that_is_gone_is_damage_and_nothing_is_found(tmp_path: Path) -> None:
    records = kept(tmp_path)
    packs(tmp_path)[0].unlink()
    with Store(tmp_path) as store:
        assert store.find(KEY) is None
        with pytest.raises(Damaged):
            store.read(records[0])


def test_another_builds_pack_under_the_name_is_not_believed(tmp_path: Path) -> None:
    records = kept(tmp_path / "one")
    kept(tmp_path / "two", OTHER, tuple(part[::-1] for part in PARTS))
    packs(tmp_path / "one")[0].write_bytes(packs(tmp_path / "two")[0].read_bytes())
    with Store(tmp_path / "one") as store:
        assert store.find(KEY) is None
        with pytest.raises(Damaged):
            store.read(records[0])


@pytest.mark.parametrize("cut", [1, 47])
def test_an_index_that_is_cut_short_is_left_alone_and_another_pack_begun(tmp_path: Path, cut: int) -> None:
    kept(tmp_path)
    kept(tmp_path, OTHER, (b"more",))
    (pack,) = packs(tmp_path)
    index = pack.with_suffix(".index")
    short = index.read_bytes()[:-cut]
    index.write_bytes(short)
    whole = pack.read_bytes()
    kept(tmp_path, OTHER, (b"more",))
    assert len(packs(tmp_path)) == 2
    assert (index.read_bytes(), pack.read_bytes()) == (short, whole)
    with Store(tmp_path) as store:
        assert store.find(KEY) is not None
        found = store.find(OTHER)
        assert found is not None
        assert store.read(found[0]) == b"more"


def test_a_pack_that_a_kill_left_longer_than_its_index_is_left_alone(tmp_path: Path) -> None:
    kept(tmp_path)
    (pack,) = packs(tmp_path)
    with pack.open("ab") as file:
        file.write(b"CWR1 and no more")
    kept(tmp_path, OTHER)
    assert len(packs(tmp_path)) == 2
    with Store(tmp_path) as store:
        assert store.find(KEY) is not None
        assert store.find(OTHER) is not None


def test_a_sweep_takes_what_is_too_much_and_leaves_what_is_in_use(tmp_path: Path) -> None:
    with Store(tmp_path) as one, Store(tmp_path) as other:
        live = one.append(KEY, PARTS)[0].pack
        other.append(OTHER, PARTS)
    with Store(tmp_path) as store:
        assert store.sweep(lambda: {live}, limit=0, days=30) > 0
    assert [path.name for path in packs(tmp_path)] == [live]
