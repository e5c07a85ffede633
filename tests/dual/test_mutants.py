"""Hand-made mutants of the controller: law 13 must kill each of them.

A mutant is a copy of the package with one line changed, put through the same checks as the
package itself.
"""

import importlib
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import shield.dual
from tests.dual import drawn, law13
from tests.dual.world import package

HOME = Path(shield.dual.__file__).parent
FLAGS = st.lists(st.booleans(), max_size=12)
PLANS, POINTED = drawn.plans(), drawn.pointed()
ATTACKS, LONGER = drawn.attacks(), drawn.attacks(more=3)
FRONT = drawn.attacks(more=2, front=True)
CHECKS = {
    "path": (law13.check_path, (PLANS, LONGER)),
    "two_runs": (law13.check_two_runs, (POINTED, LONGER, LONGER)),
    "strict": (law13.check_strict, (POINTED, FRONT, FRONT)),
    "closed_words": (law13.check_closed_words, (PLANS, PLANS, LONGER, LONGER)),
    "checkpoint": (law13.check_checkpoint, (PLANS, ATTACKS, FLAGS)),
    "approved": (law13.check_approved, (POINTED, ATTACKS, FLAGS)),
    "replans": (law13.check_replans, (drawn.two_plans(POINTED), LONGER)),
}
# name: (check that kills it, module, line, line in the mutant)
MUTANTS = {
    "the label of a template's parts is dropped": (
        "path",
        "interpreter",
        "return Value(said, join(stated(said, step).label, *map(whole, parts.values())))",
        "return stated(said, step)",
    ),
    "a computed value is as good as its first argument": (
        "two_runs",
        "compute",
        "label = join(*map(whole, args))",
        "label = whole(args[0])",
    ),
    "a choice forgets what it looked at": (
        "two_runs",
        "choose",
        "return tainted(items[place], join(_NOTHING_SEEN, *seen))",
        "return items[place]",
    ),
    "a choice forgets who can put items beside it": (
        "two_runs",
        "choose",
        "seen = [over.label, looked.label]",
        "seen: list[Label] = []",
    ),
    "a branch forgets its condition": (
        "two_runs",
        "interpreter",
        "inner = replace(frame, pc=join(frame.pc, lowered(whole(cond), Capacity.FLAG)))",
        "inner = frame",
    ),
    "a loop forgets whose list it goes over": (
        "two_runs",
        "interpreter",
        "replace(frame.knows({step.var: item}), pc=pc, place=(*frame.place, index))",
        "replace(frame.knows({step.var: item}), place=(*frame.place, index))",
    ),
    "positions are not followed even when strict": (
        "strict",
        "values",
        "through = outer.label if strict else replace(outer.label, integrity=Integrity.USER)",
        "through = replace(outer.label, integrity=Integrity.USER)",
    ),
    "an extraction counts as attested": (
        "path",
        "quarantine",
        "trust = Integrity.EXTRACTED if most <= Capacity.ID else Integrity.UNTRUSTED",
        "trust = Integrity.TOOL_AUTH",
    ),
    "labels are not judged": (
        "path",
        "desk",
        "found = admit.reasons(call.tool, call.values, call.pc, self.trusted)",
        "found = ()",
    ),
    "readers are not judged": (
        "path",
        "admit",
        "found += _readers(tool, values, pc)",
        "found += ()",
    ),
    "the action checkpoint's refusal is not heard": (
        "checkpoint",
        "desk",
        "if any(r.denies for r in found) or not (outcome.passes or outcome.decision in _ASKS):",
        "if any(r.denies for r in found):",
    ),
    "an approval is for a step, whatever its values": (
        "approved",
        "approval",
        "return _digest(plan, call.step, call.place, call.key, labels, _label(call.pc), why)",
        "return _digest(plan, call.tool.name)",
    ),
    "a refusal of a person is not heard": (
        "approved",
        "asking",
        "agreed = offered & granted if isinstance(granted, frozenset | set) else set()",
        "agreed = offered",
    ),
    "a second plan may name further effects": (
        "replans",
        "controller",
        "wider = effects(plan, self._own.kit) - effects(self._plans[-1], self._own.kit)",
        "wider = set()",
    ),
    "a second plan repeats what was done": (
        "replans",
        "desk",
        "if not call.tool.reads and call.key in self._earlier:",
        "if False:",
    ),
    "a loop goes on past its bound": (
        "path",
        "interpreter",
        "if len(items) > step.max_iter:",
        "if False:",
    ),
    "both branches run": (
        "path",
        "interpreter",
        "await self._block(step.then if cond.data else step.orelse, inner)",
        "await self._block(step.then + step.orelse, inner)",
    ),
    "the planner is told what a step made": (
        "closed_words",
        "values",
        'return "text" if isinstance(data, str) else "number"',
        "return str(data)",
    ),
    "whatever is extracted is revealed": (
        "closed_words",
        "interpreter",
        "told = [field.name for field in step.fields if isinstance(field.kind, Flag | Choice)]",
        "told = [field.name for field in step.fields]",
    ),
}


@pytest.fixture(scope="module")
def mutated(tmp_path_factory):
    home = tmp_path_factory.mktemp("mutants")
    sys.path.insert(0, str(home))

    def make(number, module, line, other):
        name = f"mutant_{number}"
        shutil.copytree(HOME, home / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (home / name).glob("*.py"):
            path.write_text(path.read_text().replace("shield.dual", name))
        changed = home / name / f"{module}.py"
        text = changed.read_text()
        assert text.count(line) == 1, f"{module}: {line}"
        changed.write_text(text.replace(line, other))
        importlib.invalidate_caches()
        return package(name)

    yield make
    sys.path.remove(str(home))
    for name in [n for n in sys.modules if n.startswith("mutant_")]:
        del sys.modules[name]


def put_to(check, dual, examples):
    function, strategies = CHECKS[check]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*strategies))
    def law(drawn):
        function(dual, *drawn)

    law()


@pytest.mark.parametrize("name", MUTANTS)
def test_the_line_that_a_mutant_changes_is_there(name):
    _, module, line, _ = MUTANTS[name]

    assert (HOME / f"{module}.py").read_text().count(line) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("name", MUTANTS)
def test_the_law_kills_the_mutant(mutated, name):
    check, *change = MUTANTS[name]
    dual = mutated(list(MUTANTS).index(name), *change)

    with pytest.raises((AssertionError, ExceptionGroup)):
        put_to(check, dual, 1_500)
