"""Live guards over small policies that tests rewrite."""

import shutil
from types import SimpleNamespace

import pytest

from shield.label import segment
from shield.ops.live import LiveGuard
from shield.policy.load import load
from shield.policy.lock import Lock, write
from shield.types import Caller, Source

ALICE = Caller(principal="alice", session="u42")


def banning(*phrases, version="1", more=""):
    """A policy that blocks phrases and does nothing else."""
    named = ", ".join(f'"{phrase}"' for phrase in phrases)
    return (
        f'name = "t"\nversion = "{version}"\n{more}\n'
        f'[scanners.banned_phrases]\ndecision = "block"\noptions.lists.words = {{ phrases = [{named}] }}\n'
    )


def say(guard, text, caller=ALICE):
    return guard.exchange(caller).input([segment(text, Source.USER)])


class Notes:
    """An observer that writes everything down."""

    def __init__(self):
        self.verdicts, self.notes = [], []

    def verdict(self, verdict, caller):
        self.verdicts.append(verdict)

    def note(self, event, **facts):
        self.notes.append((event, facts))

    def of(self, event):
        return [facts for name, facts in self.notes if name == event]


@pytest.fixture
def house(tmp_path):
    """A folder with a policy, its state, and workers over them whose time a test moves."""
    wall = SimpleNamespace(now=1_000_000.0)
    path, workers = tmp_path / "policy.toml", []

    def put(text, *, at=path, locked=True):
        at.write_text(text, encoding="utf-8")
        if locked:
            write(at, Lock(inputs=load(at, locked=False).inputs, corpus=""))
        return at

    def worker(**more):
        made = LiveGuard(path, folder=tmp_path / "state", wall=lambda: wall.now, **more)
        made._orders._clock = made._candidate._plans._clock = lambda: float("inf")
        workers.append(made)
        return made

    put(banning("tulip"))
    yield SimpleNamespace(
        path=path, state=tmp_path / "state", wall=wall, put=put, worker=worker, folder=tmp_path
    )
    for each in workers:
        each.close()
    shutil.rmtree(tmp_path / "state", ignore_errors=True)


def settle(*guards):
    """Look as often as a change needs to be taken."""
    for guard in guards:
        guard.poll()
        guard.poll()
