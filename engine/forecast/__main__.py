"""``python -m engine.forecast``: answers requests for forecasts from standard input until its end."""

from __future__ import annotations

import sys

from engine.protocol import pipe
from engine.protocol.forecasts import AskForecast, Forecast, requests


def main() -> int:
    """Answer until nobody asks any more; returns the exit code."""
    pipe.serve(requests, answer)
    return 0


def answer(request: AskForecast) -> Forecast:
    """Forecast; raises ConvNetError for a network or a split that cannot be run."""
    from engine.forecast.forecast import forecast
    from engine.graph.network_file import loads

    return forecast(loads(request.network))


if __name__ == "__main__":
    sys.exit(main())
