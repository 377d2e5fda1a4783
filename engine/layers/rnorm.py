"""Response normalisation within each map."""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers.response_norm import ResponseNorm


@dataclass(frozen=True, kw_only=True)
class RNorm(ResponseNorm):
    """Response normalisation over a square of pixels of the same map."""

    kind = "rnorm"
    family = "normalisation"
    title = "Response normalisation"
    summary = "Quietens values in whose neighbourhood the same map is loud."
    formula = "y = x · (minimum + scale / size² · Σ x²)^−power, over size × size pixels of the same map"
    source = "cuda-convnet, layer type rnorm (a window begins ⌊size/2⌋ pixels before, and is clipped)"
    synonyms = ("lrn", "local response normalisation", "same map", "normalization")
