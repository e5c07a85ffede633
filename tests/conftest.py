"""Fixtures shared by all tests: the shipped policy and one guard over it, and small ones to break."""

import gc
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from shield import pipeline
from shield.guard import Guard
from shield.pipeline import Pipeline
from shield.policy.load import Policy, load
from shield.policy.lock import Lock, write
from shield.policy.schema import Limits
from shield.scanners import SCANNERS, Services

ROOT = Path(__file__).parent.parent
# The same examples in every run, so that a change fails by what it changed; `nightly` looks for new
# ones. How fast a machine draws them says nothing.
_CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("daily", derandomize=True, **_CALM)
settings.register_profile("nightly", **_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "daily"))
# Without those that do nothing until the user says what they shall look for.
CONFIGURED = frozenset(
    [
        "banned_phrases",
        "classifier",
        "code",
        "dialogue",
        "gibberish",
        "harm",
        "judge",
        "language",
        "relevance",
        "schema",
        "size",
        "tool_pins",
        "topic",
    ]
)
SHIPPED = sorted(set(SCANNERS) - CONFIGURED)


def pytest_collection_finish() -> None:
    """What has been imported stays: looking through it for garbage would take every test long."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """`cpu_seconds` bounds the work of a test and not its time, which a busy machine stretches."""
    began = time.thread_time()
    yield
    bound = item.get_closest_marker("cpu_seconds")
    if bound is not None and (spent := time.thread_time() - began) > bound.args[0]:
        pytest.fail(f"{spent:.1f} seconds of CPU time, {bound.args[0]} allowed", pytrace=False)


def pytest_configure() -> None:
    """Nothing times out because the machine is busy: limits hold that a test sets itself.

    Examples build guards when they are imported, which is before any fixture.
    """
    shipped, make, services = Limits(), Pipeline.__init__, pipeline.Services

    def made(self: Pipeline, policy: Policy, **more: Any) -> None:
        make(self, policy, **more)
        if policy.document.limits.deadline_ms == shipped.deadline_ms:
            self._deadline = 120.0

    def served(*, pattern_seconds: float, **more: Any) -> Services:
        is_shipped = pattern_seconds == shipped.pattern_ms / 1000
        return services(pattern_seconds=60.0 if is_shipped else pattern_seconds, **more)

    Pipeline.__init__ = made
    pipeline.Services = served


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load(ROOT / "policies" / "default.toml")


@pytest.fixture(scope="session")
def guard(policy: Policy) -> Iterator[Guard]:
    made = Guard(policy)
    yield made
    made.close()


@pytest.fixture
def small_policy(policy: Policy) -> Callable[..., Policy]:
    """The shipped policy with only the named scanners, without models, and with changes on top."""

    def make(*scanners: str, **changes: Any) -> Policy:
        document = policy.document
        kept = {name: document.scanners[name] for name in scanners}
        return policy.with_document(document.model_copy(update={"scanners": kept, **changes}))

    return make


@pytest.fixture
def policy_file(tmp_path: Path) -> Callable[[str], Path]:
    """A policy file with a matching lock in a folder of its own; the rules are the shipped ones."""

    def make(text: str) -> Path:
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        shutil.copytree(ROOT / "policies" / "rules", tmp_path / "rules", dirs_exist_ok=True)
        loaded = load(path, locked=False)
        write(path, Lock(inputs=loaded.inputs, corpus=""))
        return path

    return make


def line(identity: str, text: str, **changes: Any) -> str:
    base = {
        "id": identity,
        "lang": "en",
        "split": "hold",
        "batch": "t1",
        "expect": "allow",
        "turns": [{"source": "user", "text": text}],
    }
    return json.dumps({**base, **changes})


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: list[str]) -> Path:
        for name, lines in files.items():
            path = tmp_path / "corpus" / f"{name.replace('__', '/')}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / "corpus"

    return make
