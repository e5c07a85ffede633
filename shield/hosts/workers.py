"""Several processes behind one socket: each with a guard of its own, watched by one that serves nothing.

A worker that dies is started anew; one that cannot even start ends them all, with its exit code.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import NoReturn

from shield.exits import INTERNAL

_log = logging.getLogger("shield")
_ENDS = (signal.SIGTERM, signal.SIGINT)
# Taken one after the other by sigwait(): a handler that runs just before a blocking wait() would
# leave its signal unheard until the next child ends.
_HEARD = {*_ENDS, signal.SIGHUP, signal.SIGCHLD}
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
        # Some systems drop a blocked SIGCHLD that nobody handles.
        handled = signal.signal(signal.SIGCHLD, lambda *_: None)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        code = 0
        try:
            for _ in range(self._count):
                self._start(before)
            while self._alive:
                number = signal.sigwait(_HEARD)
                code = self._reaped(before) or code
                if number != signal.SIGCHLD:
                    self._pass_on(number)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            signal.signal(signal.SIGCHLD, handled)
        return code

    def _start(self, mask: set[int]) -> None:
        child = os.fork()
        if not child:
            self._be_one(mask)
        self._alive[child] = self._clock()

    def _be_one(self, mask: set[int]) -> NoReturn:
        code = INTERNAL
        try:
            for number in (*_ENDS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            code = self._work()
        finally:
            # The parent's clean-up is not the child's to do.
            os._exit(code)

    def _reaped(self, mask: set[int]) -> int:
        """See to every child that has ended: one SIGCHLD may stand for several of them."""
        code = 0
        while self._alive:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            code = self._ended(child, os.waitstatus_to_exitcode(status), mask) or code
        return code

    def _ended(self, child: int, code: int, mask: set[int]) -> int:
        born = self._alive.pop(child, None)
        if born is None or self._ending:
            return 0
        if self._clock() - born < _YOUNG and code > 0:
            _log.error("a worker could not start")
            self._pass_on(signal.SIGTERM)
            return code
        _log.error("a worker ended and is started anew")
        self._start(mask)
        return 0

    def _pass_on(self, number: int) -> None:
        self._ending = self._ending or number in _ENDS
        for child in self._alive:
            os.kill(child, number)
