"""Who judges the cases of an audit: a guard in this process, or a sidecar with the same policy."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from shield.errors import PolicyError
from shield.policy.load import Policy
from shield.types import Caller, Outcome, Segment, ToolCall


class Exchanging(Protocol):
    """One request and its response."""

    def input(self, segments: Iterable[Segment], /) -> Outcome:
        """Judge what goes to the model."""

    def action(self, call: ToolCall, /) -> Outcome:
        """Judge a proposed tool call."""

    def output(self, text: str, /) -> Outcome:
        """Judge what goes back to the user."""


Begin = Callable[[Caller], Exchanging]


class Judge(Protocol):
    """What `replay` asks. `policy` is the one that it judges by."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    def exchange(self, caller: Caller, /) -> Exchanging:
        """Begin one request of `caller`."""


class Far(NamedTuple):
    """A judge elsewhere, and the policy that it was found to have."""

    policy: Policy
    exchange: Begin


class Service(Protocol):
    """A running sidecar."""

    def policy(self) -> str:
        """The digest of the policy that it judges by."""

    def exchange(self, caller: Caller, /) -> Exchanging:
        """Begin one request of `caller`."""


def far(service: Service, known: Policy, where: str) -> Far:
    """The service as a judge; `known` is the local policy, with the corpus's tools or without.

    Raises:
        PolicyError: the service judges by another policy than `known`.
        SetupError: the service does not answer.
    """
    digest = service.policy()
    if digest != known.digest:
        raise PolicyError(
            f"it judges by the policy {digest}, which is not {known.digest} ({known.path.name})",
            where=where,
            mend="give the sidecar's policy with --policy",
        )
    return Far(known, service.exchange)
