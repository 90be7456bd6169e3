"""Uploads are kept under the name of their bytes, within a limit."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from bert_core.data.uploads import keep_upload, local_file
from bert_core.errors import InputError

ROWS = b"text,label\nThe heron waits.,1\n"


def test_it_is_named_by_its_bytes_and_kept_once(tmp_path: Path) -> None:
    first = keep_upload(io.BytesIO(ROWS), "mine.CSV", tmp_path / "new")
    again = keep_upload(io.BytesIO(ROWS), "../../other.csv", tmp_path / "new")
    assert first == again == tmp_path / "new/uploads" / f"{hashlib.sha256(ROWS).hexdigest()}.csv"
    assert first.read_bytes() == ROWS
    assert len(list(first.parent.iterdir())) == 1


class Endless(io.RawIOBase):
    """A file without end, which counts what was taken of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return bytes(size)


def test_over_the_limit_it_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    endless = Endless()
    with pytest.raises(InputError, match=r"larger than 100 MiB.*give its path"):
        keep_upload(endless, "huge.tsv", tmp_path)  # type: ignore[arg-type]
    assert endless.taken <= 102 * 2**20
    assert os.listdir(tmp_path / "uploads") == []


def test_a_file_of_exactly_the_limit_is_taken(tmp_path: Path) -> None:
    content = bytes(2**20)
    assert keep_upload(io.BytesIO(content), "a.txt", tmp_path, limit_mib=1).exists()
    with pytest.raises(InputError):
        keep_upload(io.BytesIO(content + b"x"), "a.txt", tmp_path, limit_mib=1)


@pytest.mark.parametrize("name", ["model.bin", "weights.pt", "noending", "", ".csv/../x.pkl"])
def test_an_ending_that_no_reader_knows_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"ends in \.csv, \.tsv"):
        keep_upload(io.BytesIO(ROWS), name, tmp_path)
    assert not (tmp_path / "uploads").exists()


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be kept"):
        keep_upload(io.BytesIO(ROWS), "a.csv", tmp_path)


def test_a_file_on_this_machine_is_opened_only_where_the_operator_allows(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed, other):
        folder.mkdir()
        (folder / "data.csv").write_bytes(ROWS)
    (allowed / "link.csv").symlink_to(other / "data.csv")
    assert local_file(f" {allowed / 'data.csv'} ", [allowed]) == allowed / "data.csv"
    for name in ("link.csv", "../other/data.csv", "../other/absent.csv"):
        with pytest.raises(InputError, match="outside the folders"):
            local_file(str(allowed / name), [allowed])
    with pytest.raises(InputError, match="There is no file"):
        local_file(str(allowed / "absent.csv"), [allowed])
    with pytest.raises(InputError, match="There is no file"):
        local_file(str(allowed), [allowed])
    with pytest.raises(InputError):
        local_file("nul\0byte", [allowed])
