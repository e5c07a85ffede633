"""Who used how much: requests, tokens and cost by day, tenant, feature, model and principal.

Use is added in memory and written to a SQLite file by `flush`; workers that share the file see each
other's spending after their next flush. A crash loses what was not flushed. Nothing here is text
of the traffic: principals are token names or digests, models are names of the configuration.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

OTHER = "other"
_TABLE = """CREATE TABLE IF NOT EXISTS used (
    day TEXT, tenant TEXT, feature TEXT, model TEXT, principal TEXT,
    requests INTEGER, input INTEGER, output INTEGER, unmetered INTEGER, unpriced INTEGER,
    micros INTEGER, PRIMARY KEY (day, tenant, feature, model, principal)) WITHOUT ROWID"""
_ADD = """INSERT INTO used VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
    input = input + excluded.input, output = output + excluded.output,
    unmetered = unmetered + excluded.unmetered, unpriced = unpriced + excluded.unpriced,
    micros = micros + excluded.micros"""
_SPENT = "SELECT tenant, feature, SUM(micros) FROM used WHERE day = ? GROUP BY tenant, feature"
_DROP = "DELETE FROM used WHERE day < ?"
_BY = ("day", "tenant", "feature", "model", "principal")


class Account(Struct, frozen=True):
    """Whose use it is. `day` is UTC, ISO."""

    day: str
    tenant: str
    feature: str
    model: str
    principal: str


class Use(Struct, frozen=True):
    """A sum of exchanges. `unmetered` had no token counts, `unpriced` no price; `micros` are
    millionths of a US dollar, of the priced ones only.
    """

    requests: int = 0
    input: int = 0
    output: int = 0
    unmetered: int = 0
    unpriced: int = 0
    micros: int = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(
            self.requests + other.requests,
            self.input + other.input,
            self.output + other.output,
            self.unmetered + other.unmetered,
            self.unpriced + other.unpriced,
            self.micros + other.micros,
        )


class Line(Struct, frozen=True):
    """A row of a report: what it is summed by, and the sum."""

    key: tuple[str, ...]
    use: Use


class Ledger:
    """The running account of one process. For use from any thread; only `flush` and `close` wait
    for the file.

    Args:
        path: the SQLite file; None keeps the account in memory.
        kept: rows held between two flushes; what is beyond them is booked on principal `other`.
        days: how long rows are kept.
        clock: seconds since 1970.

    Raises:
        sqlite3.Error: the file is no ledger, or cannot be opened.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        kept: int = 10_000,
        days: int = 400,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kept, self._days, self._clock = kept, days, clock
        self._state, self._io = threading.Lock(), threading.Lock()
        self._new: dict[Account, Use] = {}
        self._day = self._today()
        self._file = _opened(str(path) if path else ":memory:")
        self._spent = self._filed(self._day)

    def add(self, tenant: str, feature: str, model: str, principal: str, use: Use) -> None:
        """Book an exchange on today."""
        with self._state:
            self._turn()
            account = Account(self._day, tenant, feature, model, principal)
            if account not in self._new and len(self._new) >= self._kept:
                account = Account(self._day, tenant, feature, OTHER, OTHER)
            self._new[account] = self._new.get(account, Use()) + use
            key = (tenant, feature)
            self._spent[key] = self._spent.get(key, 0) + use.micros

    def spent(self, tenant: str, feature: str | None = None) -> int:
        """Millionths of a dollar of today, of one feature or of all."""
        with self._state:
            self._turn()
            return sum(
                micros
                for (whose, what), micros in self._spent.items()
                if whose == tenant and feature in {None, what}
            )

    def flush(self) -> None:
        """Write what is new and read what others wrote. What cannot be written is kept.

        Raises:
            sqlite3.Error: it was not written.
        """
        with self._io:
            with self._state:
                self._turn()
                day, taken, self._new = self._day, self._new, {}
            try:
                with self._file:
                    self._file.executemany(_ADD, [(*_key(a), *_sums(u)) for a, u in taken.items()])
                    self._file.execute(_DROP, (_day(self._clock() - 86_400 * self._days),))
                filed = self._filed(day)
            except sqlite3.Error:
                with self._state:
                    for account, use in taken.items():
                        self._new[account] = self._new.get(account, Use()) + use
                raise
            with self._state:
                self._take_over(day, filed)

    def close(self) -> None:
        """Write what is new and close the file."""
        try:
            self.flush()
        finally:
            self._file.close()

    def _take_over(self, day: str, filed: dict[tuple[str, str], int]) -> None:
        if day != self._day:
            return
        for account, use in self._new.items():
            if account.day == day:
                key = (account.tenant, account.feature)
                filed[key] = filed.get(key, 0) + use.micros
        self._spent = filed

    def _filed(self, day: str) -> dict[tuple[str, str], int]:
        rows = self._file.execute(_SPENT, (day,)).fetchall()
        return {(tenant, feature): int(micros) for tenant, feature, micros in rows}

    def _turn(self) -> None:
        """A new day begins with nothing spent."""
        if (today := self._today()) != self._day:
            self._day, self._spent = today, {}

    def _today(self) -> str:
        return _day(self._clock())


def read(path: Path, by: Iterable[str], *, days: int, now: float) -> tuple[Line, ...]:
    """The lines of a ledger file, the dearest first.

    Raises:
        sqlite3.Error: it is no ledger.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
        return _lines(file, tuple(by), _day(now - 86_400 * (days - 1)))


def _opened(name: str) -> sqlite3.Connection:
    file = sqlite3.connect(name, timeout=5.0, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = NORMAL")
    file.execute(_TABLE)
    file.commit()
    return file


def _lines(file: sqlite3.Connection, by: tuple[str, ...], since: str) -> tuple[Line, ...]:
    if unknown := set(by) - set(_BY):
        raise ValueError(f"not a column: {sorted(unknown)}")
    keys = ", ".join(by) or "'all'"
    sums = ", ".join(f"SUM({name})" for name in Use.__struct_fields__)
    # Column names come from the closed list above.
    query = f"SELECT {keys}, {sums} FROM used WHERE day >= ? GROUP BY {keys} ORDER BY SUM(micros) DESC, SUM(requests) DESC"  # noqa: S608
    width = max(1, len(by))
    rows = file.execute(query, (since,)).fetchall()
    return tuple(Line(tuple(row[:width]), Use(*map(int, row[width:]))) for row in rows)


def _key(account: Account) -> tuple[str, ...]:
    return (account.day, account.tenant, account.feature, account.model, account.principal)


def _sums(use: Use) -> tuple[int, ...]:
    return (use.requests, use.input, use.output, use.unmetered, use.unpriced, use.micros)


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))
