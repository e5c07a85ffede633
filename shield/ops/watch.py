"""When the files of a policy have changed, and are still being written."""

from contextlib import suppress
from pathlib import Path

from shield.errors import PolicyError
from shield.policy import rules
from shield.policy.load import Policy
from shield.policy.lock import lock_path

Print = tuple[tuple[str, int, int, int], ...]


def fingerprint(path: Path, policy: Policy) -> Print:
    """Names, times and sizes of the policy file, its lock and the rule files that it names."""
    files = [path, lock_path(path)]
    with suppress(PolicyError):  # a rule file is gone: that is a change
        files += rules.files(path.parent, policy.document.rules)
    return tuple(_of(file) for file in files)


def _of(file: Path) -> tuple[str, int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0, 0
    return str(file), found.st_mtime_ns, found.st_size, found.st_ino


class Watch:
    """Says once of each change that it is over: when two looks in a row see the same."""

    def __init__(self, seen: Print) -> None:
        self._taken, self._last = seen, seen

    def changed(self, now: Print) -> bool:
        """True when the files differ from what was last taken, and have stood still since the last look."""
        still, self._last = now == self._last, now
        if now == self._taken or not still:
            return False
        self._taken = now
        return True
