"""A policy file with its rules and its lock, ready for use."""

import importlib.resources
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from shield.errors import PolicyError
from shield.policy import lock as locks
from shield.policy import rules as rulebook
from shield.policy import toml
from shield.policy.schema import (
    SEVERITIES,
    PatternRule,
    PhraseRule,
    PolicyDocument,
    RuleEntry,
    ScannerEntry,
    ToolEntry,
)
from shield.types import Decision, EditForm, Finding, Severity

DEFAULT_THRESHOLD = 0.5
UNAVAILABLE = "session/unavailable"
_NO_ENTRY, _NO_RULE = ScannerEntry(), RuleEntry()


class Policy(Struct, frozen=True):
    """A loaded policy. `digest` names it in every verdict; `inputs` is what the lock holds for."""

    document: PolicyDocument
    path: Path
    rules: tuple[PatternRule, ...]
    phrases: tuple[PhraseRule, ...]
    lock: locks.Lock
    digest: str
    inputs: str
    levels: dict[str, int]

    @property
    def models(self) -> Path:
        """The folder of model folders."""
        return (self.path.parent / self.document.models).resolve()

    def threshold(self, finding: Finding) -> float:
        """The score from which a finding counts: the most specific entry of the lock, else
        what the policy states for a model of the user's own.
        """
        known = self.lock.thresholds
        for name in (finding.rule, finding.scanner):
            for key in (f"{name}@{finding.surface}", name):
                if key in known:
                    return known[key]
        for name, model in self.document.custom_models.items():
            if finding.rule.startswith(f"classifier/{name}-"):
                return model.threshold
        return DEFAULT_THRESHOLD

    def decision(self, finding: Finding) -> Decision:
        """What a counted finding asks for."""
        entry = self._entry(finding)
        if finding.error and finding.rule == UNAVAILABLE:
            return self.document.on_store_failure
        if finding.error:
            return entry.on_error or self.document.on_error
        return self._rule(finding).decision or entry.decision

    def severity(self, finding: Finding) -> Severity:
        """The weight of a counted finding: its rule's entry, else its own, as far as its scanner's
        entry lets it weigh.
        """
        special, most = self._rule(finding).severity, self._entry(finding).at_most
        if special:
            return SEVERITIES[special]
        return min(finding.severity, SEVERITIES[most]) if most else finding.severity

    def answer(self, finding: Finding) -> str:
        """What is said in place of the model; empty where the rule has no answer."""
        return "" if finding.error else self._rule(finding).answer

    def form(self, finding: Finding) -> EditForm:
        """What a redaction leaves in place of what was found."""
        return self._rule(finding).edit or self._entry(finding).edit

    def spares_own(self, finding: Finding) -> bool:
        """True for personal data that may pass where the principal wrote it."""
        own = self._rule(finding).spare_own
        return self._entry(finding).spare_own if own is None else own

    def level(self, finding: Finding) -> int:
        """The level at which a finding counts: the rule's entry, else its file or its scanner's,
        whichever is higher.
        """
        own = self.levels.get(finding.rule, 1)
        return self._rule(finding).level or max(own, self._entry(finding).level)

    def _entry(self, finding: Finding) -> ScannerEntry:
        return self.document.scanners.get(finding.scanner, _NO_ENTRY)

    def _rule(self, finding: Finding) -> RuleEntry:
        return self._entry(finding).rules.get(finding.rule, _NO_RULE)

    def with_tools(self, tools: Mapping[str, ToolEntry]) -> "Policy":
        """The same policy that knows further tools; its own entries win."""
        known = {**tools, **self.document.tools}
        return self.with_document(self.document.model_copy(update={"tools": known}))

    def with_document(self, document: PolicyDocument) -> "Policy":
        """The same rules and lock under another document."""
        return _made(document, self.path, self)

    def with_thresholds(self, thresholds: Mapping[str, float]) -> "Policy":
        """The same policy with these thresholds instead of the lock's."""
        lock = self.lock.model_copy(update={"thresholds": dict(thresholds)})
        return _made(self.document, self.path, replace(self, lock=lock))


def default_path() -> Path:
    """The shipped policy: package data when installed, the checkout's folder otherwise."""
    package = Path(str(importlib.resources.files("shield")))
    installed = package / "data" / "policies" / "default.toml"
    return installed if installed.is_file() else package.parent / "policies" / "default.toml"


def load(path: str | Path | None = None, *, locked: bool = True) -> Policy:
    """Load a policy; `locked` False leaves every threshold at its default (for calibrating).

    Raises:
        PolicyError: the policy, a rule file or the lock is invalid; nothing is half-loaded.
    """
    file = Path(path) if path is not None else default_path()
    document = toml.read(file, PolicyDocument)
    patterns, phrases = _rules(file, document)
    shown = [r.model_dump(mode="json") for r in (*patterns, *phrases)]
    inputs = locks.inputs_digest(document, shown)
    lock = locks.read(file, inputs) if locked else locks.Lock(inputs=inputs, corpus="")
    levels = {rule.id: rule.level for rule in patterns}
    bare = Policy(document, file, patterns, phrases, lock, "", inputs, levels)
    return _made(document, file, bare)


def _rules(
    file: Path, document: PolicyDocument
) -> tuple[tuple[PatternRule, ...], tuple[PhraseRule, ...]]:
    try:
        return rulebook.load(file.parent, document.rules)
    except PolicyError as error:
        if error.where != str(file.parent):
            raise
        line = toml.line_of(file.read_text("utf-8"), ("rules",))
        raise PolicyError(error.what, where=file, line=line, mend=error.mend) from None


def _made(document: PolicyDocument, path: Path, like: Policy) -> Policy:
    written = document.model_dump(mode="json")
    name = locks.digest([written, like.inputs, like.lock.model_dump(mode="json")])
    return replace(like, document=document, path=path, digest=name)
