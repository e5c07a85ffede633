"""May this caller ask, and what did it cost? Rates, budgets and prices over one ledger."""

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem
from shield.hosts.gateway.limits import Allowances
from shield.hosts.gateway.routing import Leg
from shield.hosts.gateway.table import Tables
from shield.hosts.gateway.usage import Usage
from shield.hosts.settings import Budget
from shield.ops.ledger import OTHER, Ledger, Use
from shield.types import Caller

_MICROS = 1_000_000


class Accounts:
    """The accounts of one process. For one event loop.

    A budget is compared with what answered exchanges cost: those under way may still exceed it.
    """

    def __init__(self, tables: Tables, ledger: Ledger, allowances: Allowances) -> None:
        self._tables, self._ledger, self._allowances = tables, ledger, allowances

    def ask(self, caller: Caller) -> Problem | None:
        """Why the caller may not ask now, or None; takes one request of its allowance."""
        if any(self._is_spent(budget, caller) for budget in self._tables.now.settings.budgets):
            return answers.SPENT
        wait = self._allowances.ask(caller)
        return Problem(429, answers.CROWDED.code, answers.CROWDED.message, wait) if wait else None

    def book(self, caller: Caller, leg: Leg, asked: str, usage: Usage, roughly: int) -> None:
        """Book one answered exchange.

        Args:
            caller: who asked.
            leg: who answered, under which model name.
            asked: the model that was asked for.
            usage: what the upstream stated.
            roughly: the tokens that the rate alone is charged with when it stated none: a caller who
                leaves a stream before its end shall not ask without limit. The ledger never guesses.
        """
        table, sent = self._tables.now, leg.model or asked
        tokens = (usage.input or 0, usage.output or 0)
        price = table.settings.prices.get(sent) or table.settings.prices.get(asked)
        cost = tokens[0] * price.input + tokens[1] * price.output if price else 0.0
        use = Use(
            requests=1,
            input=tokens[0],
            output=tokens[1],
            unmetered=int(not usage.known),
            unpriced=int(price is None),
            micros=round(cost),
        )
        # A name that only the caller knows is text of the traffic.
        model = sent if sent in table.named else OTHER
        self._ledger.add(caller.tenant, caller.feature, model, caller.principal, use)
        self._allowances.charge(caller, sum(tokens) if usage.known else roughly)

    def _is_spent(self, budget: Budget, caller: Caller) -> bool:
        if budget.tenant != caller.tenant or budget.feature not in {None, caller.feature}:
            return False
        spent = self._ledger.spent(budget.tenant, budget.feature)
        return spent >= budget.dollars_per_day * _MICROS
