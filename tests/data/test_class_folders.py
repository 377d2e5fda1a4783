"""Folders and archives of class folders are read, decoded once, and divided where they have no splits."""

import io
import os
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data import decoder, decoders
from engine.data.dataset import Dataset
from engine.data.open import open_dataset
from engine.data.store import KEPT_DAYS
from engine.errors import DataError
from engine.graph.settings import DataSettings

Write = Callable[[Path, dict[str, bytes]], Path]
Encode = Callable[..., bytes]


def _open(path: Path, progress: Any = None, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source="path", path=str(path), **settings), Path(), progress)


def _pixels(dataset: Dataset, split: str) -> list[bytes]:
    return [picture.tobytes() for picture in dataset.split(split).pictures[:]]  # type: ignore[arg-type]


@pytest.fixture
def contents(encode: Encode) -> dict[str, bytes]:
    """Four training pictures and two test pictures of two classes."""
    return {
        f"{split}/{name}/{number}.png": encode(100 * place + number)
        for place, (split, name, count) in enumerate(
            [("train", "dog", 2), ("train", "cat", 2), ("test", "dog", 1), ("test", "cat", 1)]
        )
        for number in range(count)
    }


def test_classes_and_splits_are_those_of_the_folders(
    tmp_path: Path, write: Write, contents: dict[str, bytes]
) -> None:
    dataset = _open(write(tmp_path, contents), validation=0.0)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.split("train").labels.tolist() == [0, 0, 1, 1]
    assert dataset.split("test").labels.tolist() == [0, 1]
    expected = [contents[f"train/{name}.png"] for name in ("cat/0", "cat/1", "dog/0", "dog/1")]
    decoded = [np.asarray(Image.open(io.BytesIO(content))).tobytes() for content in expected]
    assert _pixels(dataset, "train") == decoded
    assert not dataset.skipped


@pytest.mark.parametrize("suffix", [".tar", ".tar.xz", ".tar.gz", ".zip"])
def test_archives_hold_the_same(
    tmp_path: Path, write: Write, contents: dict[str, bytes], suffix: str
) -> None:
    folder = write(tmp_path / "set", contents)
    path = tmp_path / f"set{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(f"set/{name}", content)
    else:
        with tarfile.open(path, f"w:{suffix[5:]}") as archive:
            archive.add(folder, "./set")
    expected, found = _open(folder, validation=0.0), _open(path, validation=0.0)
    for split in ("train", "test"):
        assert sorted(_pixels(found, split)) == sorted(_pixels(expected, split))
    assert found.class_names == expected.class_names


@pytest.mark.parametrize(("train", "test"), [("training", "testing"), ("Train", "VAL"), ("train", "valid")])
def test_splits_may_bear_other_names(
    tmp_path: Path, write: Write, encode: Encode, train: str, test: str
) -> None:
    contents = {
        f"x/{folder}/cat/{n}.png": encode(n + 9 * len(folder)) for folder in (train, test) for n in (1, 2)
    }
    dataset = _open(write(tmp_path, contents), validation=0.0)
    assert (len(dataset.split("train")), len(dataset.split("test"))) == (2, 2)


def test_without_splits_each_class_is_divided_with_duplicates_together(
    tmp_path: Path, write: Write, encode: Encode
) -> None:
    contents = {
        f"{name}/{n}.png": encode(n // 2 + 1000 * (name == "cat"))
        for name in ("cat", "dog")
        for n in range(60)
    }
    first, again = (_open(write(tmp_path / folder, contents)) for folder in ("one", "two"))
    seen = [set(_pixels(first, split)) for split in ("train", "validation", "test")]
    assert [len(first.split(split)) for split in ("train", "validation", "test")] == [84, 12, 24]
    assert len(set.union(*seen)) == sum(map(len, seen)) == 60
    assert [set(_pixels(again, split)) for split in ("train", "validation", "test")] == seen
    for split in ("validation", "test"):
        assert np.ptp(np.bincount(first.split(split).labels)) == 0


def test_what_cannot_be_used_is_skipped_and_listed(
    tmp_path: Path, write: Write, contents: dict[str, bytes]
) -> None:
    no_text = os.fsdecode(b"train/cat/caf\xe9.jpg")
    bad = {
        "train/cat/bad.jpg": b"no picture",
        no_text: b"no picture",
        "top.png": b"",
        "train/stray.png": b"",
        "notes.txt": b"hello",
    }
    dataset = _open(write(tmp_path, {**contents, **bad}), validation=0.0)
    assert len(dataset.split("train")) == 4
    assert {skipped.name for skipped in dataset.skipped} == {
        "train/cat/bad.jpg",
        r"train/cat/caf\udce9.jpg",
        "top.png",
        "train/stray.png",
    }
    reasons = {skipped.name: skipped.reason for skipped in dataset.skipped}
    assert "no picture" in reasons["train/cat/bad.jpg"]
    assert reasons["top.png"] == "it lies in no folder of a class"


def test_pictures_are_decoded_once(
    tmp_path: Path, write: Write, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, contents)
    before = _pixels(_open(path), "train")
    monkeypatch.setattr(decoder, "decode_bytes", lambda *_: pytest.fail("decoded again"))
    assert _pixels(_open(path), "train") == before
    with pytest.raises(pytest.fail.Exception):
        _open(path, size=4)


def test_a_changed_file_is_decoded_anew(
    tmp_path: Path, write: Write, contents: dict[str, bytes], encode: Encode
) -> None:
    path = write(tmp_path, contents)
    before = _pixels(_open(path, validation=0.0), "test")
    write(tmp_path, {"test/cat/0.png": encode(77)})
    after = _pixels(_open(path, validation=0.0), "test")
    assert (before[0] != after[0], before[1]) == (True, after[1])


@pytest.mark.parametrize("damage", ["short", "gone", "garbled"])
def test_a_damaged_store_is_made_anew(
    tmp_path: Path, write: Write, contents: dict[str, bytes], cache: Path, damage: str
) -> None:
    path = write(tmp_path, contents)
    before = _pixels(_open(path), "train")
    (store,) = cache.iterdir()
    if damage == "short":
        (store / "pictures").write_bytes(b"short")
    elif damage == "gone":
        (store / "pictures").unlink()
    else:
        (store / "index").write_bytes(b"garbled")
    assert _pixels(_open(path), "train") == before


def test_nothing_is_kept_of_a_decoding_that_failed(
    tmp_path: Path, write: Write, contents: dict[str, bytes], cache: Path, encode: Encode
) -> None:
    write(tmp_path, {**contents, "train/dog/z.png": encode(np.zeros((9, 4, 3), np.uint8))})
    with pytest.raises(
        DataError, match=r"z\.png: expected a picture of 6 × 6 px like those before it, found 4 × 9"
    ):
        _open(tmp_path)
    assert not list(cache.iterdir())
    assert _open(tmp_path, size=6).picture_shape == (6, 6, 3)


def test_two_that_decode_at_once_do_not_disturb_each_other(
    tmp_path: Path, write: Write, contents: dict[str, bytes], cache: Path
) -> None:
    path = write(tmp_path, contents)
    found: list[list[bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(_pixels(_open(path), "train"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(pixels == found[0] for pixels in found)
    assert len(list(cache.iterdir())) == 1


def test_stores_that_nobody_opens_are_removed(
    tmp_path: Path, write: Write, contents: dict[str, bytes], cache: Path
) -> None:
    names = []
    for size in (3, 4, 5):
        _open(write(tmp_path, contents), size=size)
        (new,) = {store.name for store in cache.iterdir()} - set(names)
        names.append(new)
        if size == 3:
            long_ago = time.time() - 86_400 * (KEPT_DAYS + 1)
            os.utime(cache / new, (long_ago, long_ago))
    assert {store.name for store in cache.iterdir()} == set(names[1:])


def test_many_pictures_are_decoded_by_several_processes(
    tmp_path: Path, write: Write, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one process decodes them, and in the order in which they lie in the folder."""
    contents = {f"train/{n % 3}/{n:04}.png": encode(n) for n in range(60)} | {"train/0/bad.png": b"bad"}
    path = write(tmp_path, contents)
    alone = _open(path, validation=0.0)
    monkeypatch.setattr(decoders, "_CHUNK_PICTURES", 8)
    path.joinpath("extra.txt").touch()  # another identity: decoded again
    done: list[int] = []
    together = _open(path, progress=done.append, validation=0.0)
    assert _pixels(together, "train") == _pixels(alone, "train")
    assert together.split("train").labels.tolist() == alone.split("train").labels.tolist()
    assert [skipped.name for skipped in together.skipped] == ["train/0/bad.png"]
    assert done[-1] == 61
    assert len(done) == 8


def test_grey_pictures_have_one_channel(tmp_path: Path, write: Write, contents: dict[str, bytes]) -> None:
    assert _open(write(tmp_path, contents), colour="grey").picture_shape == (6, 6, 1)


def test_a_folder_without_classes_is_told_what_belongs_there(
    tmp_path: Path, write: Write, encode: Encode
) -> None:
    with pytest.raises(DataError, match=r"found none, and 1 that were skipped; a\.png: it lies in no folder"):
        _open(write(tmp_path / "flat", {"a.png": encode(1)}))
    with pytest.raises(
        DataError, match="expected pictures in folders of their class, CIFAR-10 batches or idx"
    ):
        _open(write(tmp_path / "empty", {"notes.txt": b""}))
    with pytest.raises(DataError, match=r'found a file that ends in "\.txt"'):
        _open(tmp_path / "empty" / "notes.txt")


def test_a_folder_of_broken_pictures_has_nothing_to_train_on(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match="found none, and 3 that were skipped"):
        _open(write(tmp_path, {f"cat/{n}.jpg": b"x" for n in range(3)}))
