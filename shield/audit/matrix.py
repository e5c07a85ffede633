"""What an audit says of the risks in OWASP's Top 10 lists, and what it says nothing of."""

import importlib.resources
from collections.abc import Iterable, Mapping

from msgspec import Struct

from shield.audit.budget import Group, Rate, rate
from shield.audit.corpus import Kind
from shield.document import Document
from shield.policy import toml

_NAME = "owasp.toml"


class Risk(Document):
    """One entry of a list: the families that stand for it, or `why` none does."""

    id: str
    title: str
    families: tuple[str, ...] = ()
    why: str = ""


class _Risks(Document):
    rows: tuple[Risk, ...]


class Row(Struct, frozen=True):
    """A risk and the detection over its families; `detection` is None where nothing was measured.

    `missing` are families of the risk that the audited corpus does not hold.
    """

    id: str
    title: str
    families: tuple[str, ...]
    missing: tuple[str, ...]
    detection: Rate | None
    why: str

    @property
    def state(self) -> str:
        """`measured`, `not measured` (no case in this corpus) or `not covered`."""
        if not self.families and not self.missing:
            return "not covered"
        return "measured" if self.detection else "not measured"

    @property
    def told(self) -> str:
        """The families that were measured, those without a case, or why there is none."""
        lacking = f"no case of {', '.join(self.missing)}" if self.missing else ""
        return "; ".join(filter(None, (", ".join(self.families), lacking, self.why)))


def risks() -> tuple[Risk, ...]:
    """The OWASP Top 10 for LLM Applications 2025 and for Agentic Applications 2026."""
    path = importlib.resources.files("shield.audit").joinpath(_NAME)
    with importlib.resources.as_file(path) as file:
        return toml.read(file, _Risks).rows


def matrix(groups: Iterable[Group]) -> tuple[Row, ...]:
    """A row a risk; what is not covered has a row as well."""
    found = {group.name: group.rate for group in groups if group.kind is Kind.ATTACK}
    return tuple(_row(risk, found) for risk in risks())


def _row(risk: Risk, found: Mapping[str, Rate]) -> Row:
    held = [found[family] for family in risk.families if family in found]
    pooled = rate(sum(r.count for r in held), sum(r.n for r in held)) if held else None
    return Row(
        id=risk.id,
        title=risk.title,
        families=tuple(family for family in risk.families if family in found),
        missing=tuple(family for family in risk.families if family not in found),
        detection=pooled,
        why=risk.why,
    )
