"""A file that is written beside its place: whole or not at all."""

import os
from pathlib import Path

import pytest

from kbview.sources.tapes.whole_file import WholeFile
from kbview.tape.source import SourceError


def write(path: Path, data: bytes, *, force: bool = False, inputs: tuple[str, ...] = ()) -> None:
    with WholeFile(str(path), force=force, inputs=inputs) as file:
        file.write(data)


def test_it_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with WholeFile(str(path), force=False) as file:
        file.write(b"one ")
        assert not path.exists()
        file.write(b"two")
    assert path.read_bytes() == b"one two"
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()
    assert list(tmp_path.iterdir()) == [path]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def interrupted(path: Path) -> None:
    with WholeFile(str(path), force=True) as file:
        file.write(b"new")
        raise KeyboardInterrupt


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(SourceError, match="exists") as refused:
        write(path, b"new")
    assert refused.value.exit_code == 2
    write(path, b"new", force=True)
    assert path.read_bytes() == b"new"


def test_a_file_that_came_to_exist_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file = WholeFile(str(path), force=False)
    file.write(b"new")
    path.write_bytes(b"of somebody else")
    with pytest.raises(SourceError, match="exists"), file:
        file.write(b"er")
    assert path.read_bytes() == b"of somebody else"
    assert list(tmp_path.iterdir()) == [path]


def test_force_replaces_neither_an_input_nor_a_link(tmp_path: Path) -> None:
    path, link, hard = tmp_path / "a", tmp_path / "link", tmp_path / "hard"
    path.write_bytes(b"input")
    link.symlink_to(path)
    os.link(path, hard)
    for target in (path, hard):
        with pytest.raises(SourceError, match="is read as the input"):
            write(target, b"new", force=True, inputs=(str(path),))
    with pytest.raises(SourceError, match="symbolic link"):
        write(link, b"new", force=True)
    assert path.read_bytes() == b"input"


@pytest.mark.parametrize("name", ["no/such/folder", "a\0b"])
def test_a_place_that_cannot_be_is_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be written") as refused:
        write(tmp_path / name, b"new")
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_device_and_a_pipe_are_written_to_at_once(tmp_path: Path) -> None:
    write(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device_is_one_line() -> None:
    with pytest.raises(SourceError, match="No space left"):
        write(Path("/dev/full"), b"x")
