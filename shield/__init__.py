"""Shield: guardrail middleware for LLM applications.

The public names load on first use, so that `import shield` costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shield.errors import BlockedError, ShieldError
    from shield.exchange import Exchange
    from shield.guard import Guard
    from shield.hosts.asgi import ShieldMiddleware
    from shield.hosts.wsgi import ShieldWSGI
    from shield.label import segment
    from shield.types import (
        Argument,
        Caller,
        Checkpoint,
        Decision,
        Finding,
        Outcome,
        Segment,
        Source,
        ToolCall,
        Verdict,
    )

__version__ = "0.1.0"

_HOMES = {
    "Argument": "shield.types",
    "BlockedError": "shield.errors",
    "Caller": "shield.types",
    "Checkpoint": "shield.types",
    "Decision": "shield.types",
    "Exchange": "shield.exchange",
    "Finding": "shield.types",
    "Guard": "shield.guard",
    "Outcome": "shield.types",
    "Segment": "shield.types",
    "ShieldError": "shield.errors",
    "ShieldMiddleware": "shield.hosts.asgi",
    "ShieldWSGI": "shield.hosts.wsgi",
    "Source": "shield.types",
    "ToolCall": "shield.types",
    "Verdict": "shield.types",
    "segment": "shield.label",
}

__all__ = [
    "Argument",
    "BlockedError",
    "Caller",
    "Checkpoint",
    "Decision",
    "Exchange",
    "Finding",
    "Guard",
    "Outcome",
    "Segment",
    "ShieldError",
    "ShieldMiddleware",
    "ShieldWSGI",
    "Source",
    "ToolCall",
    "Verdict",
    "segment",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'shield' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
