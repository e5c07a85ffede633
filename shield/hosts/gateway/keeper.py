"""What the gateway does each second: follow its settings, write its ledger."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from shield.hosts.gateway.table import Tables
from shield.ops.ledger import Ledger

_log = logging.getLogger("shield")
_SECONDS = 1.0


class Keeper:
    """Keeps the tables and the ledger of one process up to date.

    Args:
        tables: asked to look at their file.
        ledger: written; what it could not write it keeps for the next time.
        unwritten: told of every time that it could not; the log says so once, and when it can again.
    """

    def __init__(self, tables: Tables, ledger: Ledger, unwritten: Callable[[], None]) -> None:
        self._tables, self._ledger, self._unwritten = tables, ledger, unwritten
        self._failing = False

    async def run(self) -> None:
        """Keep, until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            await asyncio.to_thread(self._tables.poll)
            await asyncio.to_thread(self._tried, self._ledger.flush)

    async def close(self) -> None:
        """Write the rest and close the ledger."""
        await asyncio.to_thread(self._tried, self._ledger.close)

    def _tried(self, write: Callable[[], None]) -> None:
        try:
            write()
        except sqlite3.Error as error:
            if not self._failing:
                _log.error("the ledger is not written: %s", type(error).__name__)
            self._failing = True
            self._unwritten()
            return
        if self._failing:
            _log.warning("the ledger is written again")
        self._failing = False
