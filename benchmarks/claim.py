"""The last line of every benchmark: what is claimed, what was measured, and whether it holds."""

import json
import sys


def claim(what: str, value: float, bar: float) -> None:
    """Print the claim that `value` is at most `bar`, and exit 1 when it is not."""
    holds = value <= bar
    print(json.dumps({"claim": what, "value": round(value, 3), "bar": bar, "holds": holds}))
    sys.exit(0 if holds else 1)
