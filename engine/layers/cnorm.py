"""Contrast normalisation within each map."""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers.response_norm import ResponseNorm


@dataclass(frozen=True, kw_only=True)
class CNorm(ResponseNorm):
    """Normalisation by the contrast in a square of pixels of the same map."""

    kind = "cnorm"
    family = "normalisation"
    title = "Contrast normalisation"
    summary = "Quietens values in whose neighbourhood the same map has a strong contrast."
    formula = (
        "y = x · (minimum + scale / size² · Σ (x − local mean)²)^−power, over size × size pixels of the "
        "same map; the mean is over the same window"
    )
    source = (
        "cuda-convnet, layer type cnorm (the gradient here is exact; there it leaves out how the mean "
        "depends on x)"
    )
    synonyms = ("local contrast normalisation", "lcn", "normalization")
