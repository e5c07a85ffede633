"""The last lines of every benchmark: what is claimed, what was measured, and whether it holds."""

import json
import sys


def stated(what: str, value: float, bar: float) -> bool:
    """Print the claim that `value` is at most `bar`, and say whether it holds."""
    holds = value <= bar
    print(json.dumps({"claim": what, "value": round(value, 3), "bar": bar, "holds": holds}))
    return holds


def claim(what: str, value: float, bar: float) -> None:
    """Print the claim that `value` is at most `bar`, and exit 1 when it is not."""
    sys.exit(0 if stated(what, value, bar) else 1)
