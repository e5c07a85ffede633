"""Streams of any dialect through a guard that looks for secrets alone."""

from shield.types import Decision, Outcome
from shield.wire.strict import Shape
from tests.streams import sliced

SHAPE = Shape(depth=64, nodes=20_000)
CUT = "[REDACTED:github-token]"


class Tools:
    """An action checkpoint that writes down what it is asked; it refuses what is named `refused`."""

    def __init__(self, guard):
        self.calls, self._guard = [], guard

    def __call__(self, call):
        self.calls.append(call)
        outcome = self._guard.exchange().output("fine")
        if call.name != "refused":
            return outcome
        verdict = outcome.verdict
        fields = {f: getattr(verdict, f) for f in verdict.__struct_fields__}
        return Outcome(type(verdict)(**{**fields, "decision": Decision.BLOCK}))

    @property
    def said(self):
        return [(c.name, [(a.path, a.value) for a in c.arguments]) for c in self.calls]


def opened(kind, guard, tools=None, mode="hold", **more):
    """A stream of a class; `more` changes its limits."""
    gate = guard.exchange().stream(mode)
    return kind(gate, tools or Tools(guard), **{"shape": SHAPE, "limit": 100_000, **more})


def run(of, raw, size=50):
    return b"".join([*(of.feed(piece) for piece in sliced(raw, size)), of.end()])
