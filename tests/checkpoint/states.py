"""States to be kept as checkpoints."""

from __future__ import annotations

import numpy as np

from engine.checkpoint import CheckpointState


def make_state(step: int, seed: int = 0) -> CheckpointState:
    """Return a small state whose arrays differ from step to step."""
    random = np.random.default_rng([seed, step])
    return CheckpointState(
        step=step,
        epoch=step // 10,
        cursor=step % 10 * 32,
        seed=42,
        network_sha256="ab" * 32,
        tensors={
            "conv1.weights": random.standard_normal((4, 3, 3, 2)).astype(np.float32),
            "conv1.weights.velocity": random.standard_normal((4, 3, 3, 2)).astype(np.float32),
            "conv1.biases": random.standard_normal(4),
        },
        seconds=step * 0.1,
    )
