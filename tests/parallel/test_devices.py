"""What --devices may say."""

from __future__ import annotations

import pytest

from engine.errors import DeviceError
from engine.parallel.devices import device_names, gpu_index


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cpu", ("cpu",)),
        ("cpu:1", ("cpu",)),
        ("cpu:3", ("cpu", "cpu", "cpu")),
        ("cuda:1", ("cuda:1",)),
        ("cuda:1, cuda:0", ("cuda:1", "cuda:0")),
    ],
)
def test_devices_of_the_ranks(text: str, names: tuple[str, ...]) -> None:
    assert device_names(text) == names


@pytest.mark.parametrize(
    "text",
    ["", "gpu", "cpu:0", "cpu:27", "cpu:-1", "cuda", "cuda:0,", "cuda:0,cuda:0", "cpu,cuda:0", "cpu:2,cpu"],
)
def test_what_is_no_device_is_refused(text: str) -> None:
    with pytest.raises(DeviceError):
        device_names(text)


@pytest.mark.parametrize(("name", "index"), [("cpu", None), ("cuda", 0), ("cuda:3", 3)])
def test_the_name_of_a_gpu_has_its_number(name: str, index: int | None) -> None:
    assert gpu_index(name) == index
