"""What calls of a program take, by the host's clock and by a GPU's."""

from __future__ import annotations

import time

import pytest

from engine.runtime.device import Step
from engine.runtime.stopwatch import HostStopwatch


def test_the_host_tells_what_the_calls_of_the_last_run_took() -> None:
    watch = HostStopwatch()
    call = watch.timing(lambda: time.sleep(0.01))
    assert watch.seconds == 0.0
    for calls in (2, 1, 0):
        for _ in range(calls):
            call()
        watch.lap()
        assert 0.01 * calls <= watch.seconds < 0.01 * calls + 0.5


@pytest.mark.gpu
def test_a_gpu_tells_what_the_calls_of_a_run_took_though_nobody_waits() -> None:
    import cupy

    from engine.runtime.gpu import Gpu

    wait = cupy.RawKernel(
        """extern "C" __global__ void wait(long long nanoseconds) {
            long long begin, now;
            asm volatile("mov.u64 %0, %globaltimer;" : "=l"(begin));
            do { asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); } while (now - begin < nanoseconds);
        }""",
        "wait",
    )
    gpu = Gpu(1 << 20, 0)
    watch = gpu.stopwatch(2)
    steps = [
        Step(watch.timing(lambda: wait((1,), (1,), (300_000,))), "one"),
        Step(lambda: wait((1,), (1,), (500_000,)), "not timed"),
        Step(watch.timing(lambda: wait((1,), (1,), (100_000,))), "other"),
    ]
    run = gpu.program(steps)
    assert watch.seconds == 0.0
    for _ in range(25):
        run()
        watch.lap()
        gpu.stream.synchronize()
    assert watch.seconds == pytest.approx(400e-6, rel=0.1)
