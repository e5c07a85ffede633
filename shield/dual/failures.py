"""How a step or a run ends: closed lists, because their words reach the privileged model.

    ShieldError
    └── StepError      a step that could not be carried out; carries a code and a step id

Whatever a tool, a model or a value was about to say stays behind: a code is all that leaves.
"""

from enum import StrEnum

from shield.errors import ShieldError


class Code(StrEnum):
    """Why a step failed or a run ended."""

    NOT_A_PLAN = "not_a_plan"
    INVALID_PLAN = "invalid_plan"
    WIDENED_PLAN = "widened_plan"
    BAD_ARGS = "bad_args"
    BAD_PATH = "bad_path"
    BAD_VALUE = "bad_value"
    NOT_A_LIST = "not_a_list"
    NOT_A_FLAG = "not_a_flag"
    EMPTY_RESULT = "empty_result"
    EXTRACT_SCHEMA = "extract_schema"
    EXTRACT_NOT_FOUND = "extract_not_found"
    EXTRACT_UNGROUNDED = "extract_ungrounded"
    TOOL_ERROR = "tool_error"
    TOOL_TIMEOUT = "tool_timeout"
    TOOL_RESULT = "tool_result"
    MODEL_ERROR = "model_error"
    MODEL_TIMEOUT = "model_timeout"
    EFFECT_UNCERTAIN = "effect_uncertain"
    POLICY_DENY = "policy_deny"
    UNAPPROVED = "unapproved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    INPUT_REFUSED = "input_refused"
    ANSWER_WITHHELD = "answer_withheld"
    BUDGET_STEPS = "budget_steps"
    BUDGET_CALLS = "budget_calls"
    BUDGET_READS = "budget_reads"
    BUDGET_PLANS = "budget_plans"
    BUDGET_ASKS = "budget_asks"
    BUDGET_BYTES = "budget_bytes"
    BUDGET_LOOP = "budget_loop"
    BUDGET_TIME = "budget_time"
    BUDGET_MONEY = "budget_money"
    BUDGET_TOKENS = "budget_tokens"
    INTERNAL = "internal"


# What another plan can mend. A refusal is not among them: a planner that is told of one would
# look for a way around it.
MENDABLE = frozenset(
    {
        Code.BAD_ARGS,
        Code.BAD_PATH,
        Code.BAD_VALUE,
        Code.NOT_A_LIST,
        Code.NOT_A_FLAG,
        Code.EMPTY_RESULT,
        Code.EXTRACT_SCHEMA,
        Code.EXTRACT_NOT_FOUND,
        Code.EXTRACT_UNGROUNDED,
        Code.TOOL_ERROR,
        Code.TOOL_TIMEOUT,
        Code.TOOL_RESULT,
        Code.BUDGET_LOOP,
    }
)


class Status(StrEnum):
    """How a run ended, in one word."""

    COMPLETED = "completed"
    REFUSED = "refused"
    UNPLANNED = "unplanned"
    DENIED = "denied"
    UNAPPROVED = "unapproved"
    UNCERTAIN = "uncertain"
    EXHAUSTED = "exhausted"
    WITHHELD = "withheld"
    FAILED = "failed"


_STATUS = {
    Code.NOT_A_PLAN: Status.UNPLANNED,
    Code.INVALID_PLAN: Status.UNPLANNED,
    Code.WIDENED_PLAN: Status.UNPLANNED,
    Code.INPUT_REFUSED: Status.REFUSED,
    Code.ANSWER_WITHHELD: Status.WITHHELD,
    Code.POLICY_DENY: Status.DENIED,
    Code.UNAPPROVED: Status.UNAPPROVED,
    Code.REJECTED: Status.UNAPPROVED,
    Code.EXPIRED: Status.UNAPPROVED,
    Code.EFFECT_UNCERTAIN: Status.UNCERTAIN,
}


def status(code: Code | None) -> Status:
    """The status of a run that ended with `code`; None when nothing went wrong."""
    if code is None:
        return Status.COMPLETED
    if code.value.startswith("budget_"):
        return Status.EXHAUSTED
    return _STATUS.get(code, Status.FAILED)


class StepError(ShieldError):
    """A step that could not be carried out; `step` is empty when no step is to blame."""

    def __init__(self, code: Code, step: str = "") -> None:
        super().__init__(f"{code.value} at {step}" if step else code.value)
        self.code, self.step = code, step

    def at(self, step: str) -> "StepError":
        """The same failure, blamed on `step` unless a step is to blame already."""
        return self if self.step else StepError(self.code, step)
