"""`shield mode`, `shield policy rollback`, `shield policy rollout`: orders to running workers.

They write to the state folder of a policy file, which every worker over it reads; none has to be
asked, or to be up.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from shield.exits import USAGE, exits, stop

if TYPE_CHECKING:
    from shield.ops.state import Mode

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file; the shipped default when left out.")
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="The state folder; SHIELD_STATE, else beside the policy."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is logged.")]


def _folder(policy: Path | None, state: Path | None) -> tuple[Path, Path]:
    """The policy file and its state folder."""
    from shield.ops.state import folder_of
    from shield.policy.load import default_path

    path = policy or default_path()
    return path, state or folder_of(path)


def mode(
    name: Annotated[
        str, typer.Argument(help="enforce, shadow or off; shows it when left out.")
    ] = "",
    *,
    reason: ReasonOption = "",
    policy: PolicyOption = None,
    state: StateOption = None,
) -> None:
    """Have all workers enforce, only observe (shadow), or look at nothing at all (off)."""
    with exits():
        from shield.ops import orders
        from shield.ops.standing import MODES

        folder = _folder(policy, state)[1]
        if name not in {"", *MODES}:
            stop(USAGE, f"mode {name}: one of {', '.join(MODES)}")
        held = orders.order_of(folder)
        if name:
            held = orders.switch(folder, cast("Mode", name), reason)
        typer.echo(f"{held.mode}  {held.reason}".rstrip())


def rollback(
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Serve the policy file again.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show the versions that served.")] = False,
    reason: ReasonOption = "",
    policy: PolicyOption = None,
    state: StateOption = None,
) -> None:
    """Have all workers go back to the version before the one that serves, or end a rollout."""
    with exits():
        from shield.ops import orders
        from shield.ops.versions import Versions

        folder = _folder(policy, state)[1]
        if show:
            pinned = orders.order_of(folder).pinned
            for version in Versions(folder).all():
                mark = "  pinned" if version.digest == pinned else ""
                typer.echo(f"{version.digest}  {version.name}  {version.version}{mark}")
        elif undo:
            orders.release(folder)
            typer.echo("the policy file serves")
        else:
            typer.echo(f"{orders.rollback(folder, reason)} serves")


def rollout(
    candidate: Annotated[
        Path | None, typer.Argument(help="The candidate's policy file; shows the rollout without.")
    ] = None,
    *,
    audit: Annotated[
        Path | None, typer.Option(help="The JSON report of an audit that it passed.")
    ] = None,
    hold: Annotated[float, typer.Option(min=1.0, help="Seconds that each stage holds.")] = 3_600.0,
    block_rate: Annotated[float, typer.Option(help="How far the share of blocks may move.")] = 0.02,
    errors: Annotated[float, typer.Option(help="How far the share of failures may grow.")] = 0.01,
    disagreement: Annotated[float, typer.Option(help="The share that may differ.")] = 0.05,
    end: Annotated[bool, typer.Option("--stop", help="End the rollout under way.")] = False,
    policy: PolicyOption = None,
    state: StateOption = None,
) -> None:
    """Have a candidate take over for 5, 20, 50 and 100 percent of principals, each for a time."""
    with exits():
        from shield.ops import orders
        from shield.ops.rollout import Bounds

        path, folder = _folder(policy, state)
        if end:
            orders.stop(folder)
        elif candidate is not None and audit is None:
            stop(USAGE, "a rollout needs --audit: `shield audit --policy CANDIDATE -o report.json`")
        elif candidate is not None and audit is not None:
            for name, share in (
                ("block-rate", block_rate),
                ("errors", errors),
                ("disagreement", disagreement),
            ):
                if not 0 < share <= 1:
                    stop(USAGE, f"--{name}: more than 0, at most 1")
            bounds = Bounds(block_rate=block_rate, errors=errors, disagreement=disagreement)
            orders.begin(folder, path, candidate, audit, hold=hold, bounds=bounds)
        typer.echo(_shown(folder))


def _shown(folder: Path) -> str:
    import time

    from shield.ops import orders

    plan = orders.plan_of(folder)
    if not plan.candidate:
        return "no rollout"
    if plan.ended:
        return f"{plan.digest}  over: {plan.ended}"
    now = time.time()
    stands = "complete" if plan.complete(now) else f"{plan.share(now)} %"
    return f"{plan.digest}  {stands}"
