"""``convnet bench data``: how fast pictures come to a training, and how fast they can be decoded at all."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.data.decoder import Form
    from engine.data.encoded import Encoded

BAR = 0.9
"""Share of the decoder's own rate that the pipeline must reach."""

_MOST_BYTES = 256 << 20
_BATCH = 128


def bench_data(
    path: Annotated[Path, typer.Argument(help="A folder or archive of pictures.")],
    size: Annotated[int, typer.Option(min=1, max=4096, help="Scale pictures to this, in px.")] = 256,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures a round; files are used again.")] = 4000,
    rounds: Annotated[int, typer.Option(min=1, help="The middle of this many rounds counts.")] = 3,
) -> None:
    """Measure decoder, pipeline and loader in pictures/s; exit with 1 where the decoder has to wait.

    The pipeline reads files, decodes them on all processors and stores them; the decoder alone decodes files
    that each process has in its memory. The loader cuts random crops out of stored pictures.
    """
    import tempfile

    from engine.data.decoder import Form
    from engine.data.decoders import processors

    form = Form((size, size), 3)
    some = list(_some_pictures(path))
    if not some:
        raise typer.BadParameter(f"{path}: expected pictures, found none.")
    alone, together = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pictures")
        for _ in range(rounds):
            alone.append(_decoder_rate(some, form, pictures))
            file.unlink(missing_ok=True)  # a file that is there is written sooner than a new one
            together.append(_pipeline_rate(path, form, pictures, file))
        loader = _loader_rate(file, size)
    ratio = statistics.median(b / a for a, b in zip(alone, together, strict=True))
    print(f"{len(some)} files, {pictures} pictures a round to {size} × {size} px, {processors()} processes")
    print(f"decoder alone  {statistics.median(alone):9,.0f} pictures/s")
    share = f"{ratio:.2f} of the decoder (bar {BAR})"
    print(f"pipeline       {statistics.median(together):9,.0f} pictures/s, {share}")
    print(f"loader         {loader:9,.0f} pictures/s, batches of {_BATCH}")
    if ratio < BAR:
        raise typer.Exit(1)


def _some_pictures(path: Path) -> Iterator[Encoded]:
    """Yield the first pictures of a bundle, as many as a process may hold, as they come to a training."""
    from engine.data.bundle import members
    from engine.data.class_folders import is_picture
    from engine.data.encoded import Encoded

    left = _MOST_BYTES
    for member in members(path):
        if is_picture(member.name) and member.size <= left:
            left -= member.size
            yield Encoded(member.name, member.place or member.read())


def _decoder_rate(pictures: list[Encoded], form: Form, count: int) -> float:
    """Return pictures/s of as many processes as the pipeline has, each with all files in its memory."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from engine.data.decoders import processors

    workers = processors()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        share = -(-count // workers)
        tasks = [pool.submit(_decode_share, pictures, form, share) for _ in range(workers)]
        return sum(task.result() for task in tasks)


def _decode_share(pictures: list[Encoded], form: Form, count: int) -> float:
    import time
    from itertools import cycle, islice

    from engine.data.decode import decode_bytes

    contents = [(picture.read(), picture.name) for picture in pictures]
    start = time.perf_counter()
    for content, name in islice(cycle(contents), count):
        decode_bytes(content, form.size, form.channels, name)
    return count / (time.perf_counter() - start)


def _pipeline_rate(path: Path, form: Form, count: int, file: Path) -> float:
    """Return pictures/s from files on the disk to stored pictures, the start of processes included."""
    import time
    from itertools import islice

    from engine.data.decoders import decode_all

    def again_and_again() -> Iterator[Encoded]:
        while True:
            yield from _some_pictures(path)

    start = time.perf_counter()
    _, outcomes = decode_all(islice(again_and_again(), count), form, file)
    return len(outcomes) / (time.perf_counter() - start)


def _loader_rate(file: Path, size: int) -> float:
    """Return pictures/s of random crops, mirrored, out of the stored pictures."""
    import time

    import numpy as np

    from engine.data.augmentation import Augmentation
    from engine.data.dataset import Split
    from engine.data.loader import Loader
    from engine.data.preprocessing import Preprocessing
    from engine.graph.settings import DataSettings

    stored = np.memmap(file, np.uint8, "r").reshape(-1, size, size, 3)
    split = Split(stored, np.zeros(len(stored), np.int32))
    crop = max(1, size * 7 // 8)
    preprocessing = Preprocessing.fit(stored[:_BATCH], DataSettings(), (crop, crop))
    vary = Augmentation(random_crop=True, mirror=True)
    loader = Loader(split, _BATCH, preprocessing, seed=0, dtype=np.float32, augmentation=vary)
    start = time.perf_counter()
    count = sum(batch.valid for batch in loader.epoch(0))
    return count / (time.perf_counter() - start)
