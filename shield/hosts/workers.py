"""Several processes behind one socket: each with a guard of its own, watched by one that serves nothing.

A worker that dies is started anew; one that cannot even start ends them all, with its exit code.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from shield.exits import INTERNAL

_log = logging.getLogger("shield")
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_YOUNG = 30.0  # seconds in which a worker that fails is one that cannot start


class Workers:
    """The workers of one process. Make it before any thread is started: it forks.

    Args:
        count: how many.
        work: what each does, until it is told to end; gives its exit code.
        clock: monotonic seconds.
    """

    def __init__(
        self, count: int, work: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count, self._work, self._clock = count, work, clock
        self._alive: dict[int, float] = {}
        self._ending = False

    def run(self) -> int:
        """Start them and wait until all have ended; the exit code of the one that could not start, or 0."""
        before = {number: signal.signal(number, self._pass_on) for number in _PASSED_ON}
        code = 0
        try:
            for _ in range(self._count):
                self._start()
            while self._alive:
                code = self._ended(*os.wait()) or code
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return code

    def _start(self) -> None:
        child = os.fork()
        if not child:
            self._be_one()
        self._alive[child] = self._clock()
        if self._ending:  # told so between the two lines above
            os.kill(child, signal.SIGTERM)

    def _be_one(self) -> NoReturn:
        code = INTERNAL
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            code = self._work()
        finally:
            # The parent's clean-up is not the child's to do.
            os._exit(code)

    def _ended(self, child: int, status: int) -> int:
        born = self._alive.pop(child, None)
        code = os.waitstatus_to_exitcode(status)
        if born is None or self._ending:
            return 0
        if self._clock() - born < _YOUNG and code > 0:
            _log.error("a worker could not start")
            self._pass_on(signal.SIGTERM, None)
            return code
        _log.error("a worker ended and is started anew")
        self._start()
        return 0

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._ending = self._ending or number != signal.SIGHUP
        for child in self._alive:
            os.kill(child, number)
