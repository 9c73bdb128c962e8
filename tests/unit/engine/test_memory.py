"""The memory of the last build: what is not as it was written is as if it were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.engine.memory import load, save

SECTIONS = {"tree": b"one" * 100, "pages": b"", "größe": b"three" * 100}


def test_sections_come_back_as_they_were_saved(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "memory"
    save(file, SECTIONS)
    assert {name: bytes(body) for name, body in load(file).items()} == SECTIONS
    assert [path.name for path in file.parent.iterdir()] == ["memory"]


def test_no_file_is_no_memory(tmp_path: Path) -> None:
    assert load(tmp_path / "memory") == {}


def test_a_changed_section_is_absent_and_the_others_are_there(tmp_path: Path) -> None:
    file = tmp_path / "memory"
    save(file, SECTIONS)
    file.write_bytes(file.read_bytes().replace(b"oneone", b"oneOne", 1))
    assert sorted(load(file)) == ["größe", "pages"]


@pytest.mark.parametrize("step", [1, 13])
def test_a_file_cut_short_anywhere_has_only_sound_sections(tmp_path: Path, step: int) -> None:
    file = tmp_path / "memory"
    save(file, SECTIONS)
    whole = file.read_bytes()
    for length in range(0, len(whole), step * 5):
        file.write_bytes(whole[:length])
        found = {name: bytes(body) for name, body in load(file).items()}
        assert found.items() <= SECTIONS.items()
        assert "größe" not in found


def test_a_changed_byte_anywhere_gives_no_wrong_body(tmp_path: Path) -> None:
    """A section may go by another name then; nobody asks for that one."""
    file = tmp_path / "memory"
    save(file, SECTIONS)
    whole = file.read_bytes()
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 0x11
        file.write_bytes(changed)
        for name, body in load(file).items():
            assert bytes(body) == SECTIONS.get(name, bytes(body))


def test_another_programs_file_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "memory"
    for data in (b"", b"CWM1", b"CWM1\xff\xff\xff\xff", b"\x89PNG\r\n\x1a\n" * 20, b"CWM2" + b"\0" * 60):
        file.write_bytes(data)
        assert load(file) == {}
