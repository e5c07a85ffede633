"""The exceptions that Shield raises.

    ShieldError
    ├── SetupError             start-up: what, where, and the mend
    │   ├── PolicyError        a policy, rule or lock file
    │   ├── ModelError         a model folder
    │   └── CorpusError        a corpus or baseline file
    ├── WireError              a request that cannot be read; carries its HTTP status
    ├── StoreError             a session store that fails
    ├── InferenceError         a graph that answered nonsense
    │   └── LeadError          the first half of a pair is too long
    └── BlockedError           for library users who prefer an exception to an outcome

No message contains text from the traffic.
"""

from pathlib import Path


class ShieldError(Exception):
    """Root of all."""


class SetupError(ShieldError):
    """Something that was written or shipped is wrong; raised before any request.

    Args:
        what: what is wrong.
        where: the file.
        line: the line in it, when known.
        mend: what to do about it.
    """

    def __init__(
        self, what: str, *, where: str | Path = "", line: int | None = None, mend: str = ""
    ) -> None:
        place = f"{where}:{line}" if line else str(where)
        head = f"{place}: {what}" if place else what
        super().__init__(f"{head}\n  mend: {mend}" if mend else head)
        self.what, self.where, self.line, self.mend = what, str(where), line, mend


class PolicyError(SetupError):
    """A policy, rule or lock file is invalid."""


class ModelError(SetupError):
    """A model folder is missing, altered or unusable."""


class CorpusError(SetupError):
    """A corpus or baseline file is invalid."""


class WireError(ShieldError):
    """A request cannot be read. `status` is the HTTP answer, `code` a stable word.

    `at` is the JSON Pointer of what is wrong, `mend` what to do about it; both hold constants
    and the names of the protocol only.
    """

    def __init__(
        self, status: int, code: str, message: str, *, at: str = "", mend: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.at, self.mend = status, code, at, mend


class StoreError(ShieldError):
    """A session store cannot be reached, does not answer in time, or refuses to be written."""


class InferenceError(ShieldError):
    """A graph returned NaN or a wrong shape, or its input cannot be tokenised."""


class LeadError(InferenceError):
    """The first half of a pair leaves too little of a window to the second: it is not judged."""


class BlockedError(ShieldError):
    """An outcome that does not pass. `verdict_id` finds the decision in the logs."""

    def __init__(self, verdict_id: str) -> None:
        super().__init__(f"blocked by policy (verdict {verdict_id})")
        self.verdict_id = verdict_id
