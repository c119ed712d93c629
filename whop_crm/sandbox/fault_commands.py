"""`whop-crm sandbox fault …`: let things go wrong at Whop, or on the way."""

from typing import Annotated, Any

import typer

from whop_crm.sandbox.asking import Url, call
from whop_crm.sandbox.faults import FaultKind

fault_app = typer.Typer(no_args_is_help=True, help="Let things go wrong at Whop, or on the way.")


@fault_app.command("list")
def list_faults(
    kinds: Annotated[bool, typer.Option("--kinds", help="What can go wrong, in words.")] = False, url: Url = None
) -> None:
    """What goes wrong now."""
    if kinds:
        for kind in FaultKind:
            typer.echo(f"{kind:<16} {kind.meaning}")
        return
    found = call("GET", "/faults", url=url)
    for fault in found:
        typer.echo(fault_line(fault))
    if not found:
        typer.echo("Nothing goes wrong.")


@fault_app.command("set")
def set_fault(  # noqa: PLR0913 - one an option
    kind: Annotated[FaultKind, typer.Argument(help="What goes wrong; `fault list --kinds` explains.")],
    operation: Annotated[str | None, typer.Option(help="Where: list_payments, members, oauth, payment.* …")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="How often, then no more.")] = None,
    lasting: Annotated[float | None, typer.Option("--for", help="For how many seconds.")] = None,
    wait: Annotated[float | None, typer.Option(min=0, help="Seconds of a delay, or of Retry-After.")] = None,
    status: Annotated[int | None, typer.Option(min=400, max=599, help="The answer's status.")] = None,
    scope: Annotated[str | None, typer.Option(help="The permission that is missing.")] = None,
    share: Annotated[float, typer.Option(min=0.001, max=1, help="How much of what matches.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Chooses which, the same each time.")] = 1,
    url: Url = None,
) -> None:
    """Let something go wrong, until it is cleared or has happened often or long enough."""
    wish = {
        "kind": kind.value,
        "operation": operation or "",
        "times": times,
        "lasting": lasting,
        "wait": wait,
        "status": status,
        "scope": scope,
        "share": share,
        "seed": seed,
    }
    number = call("POST", "/faults", wish, url)["number"]
    typer.echo(next(fault_line(fault) for fault in call("GET", "/faults", url=url) if fault["number"] == number))


@fault_app.command("clear")
def clear_faults(
    number: Annotated[int | None, typer.Argument(help="Which one. All of them by default.")] = None, url: Url = None
) -> None:
    """Let things go well again."""
    call("DELETE", "/faults" if number is None else f"/faults/{number}", url=url)
    typer.echo("All goes well again." if number is None else f"Fault {number} is over.")


def fault_line(fault: dict[str, Any]) -> str:
    """`Fault 2: error on list_payments, 1 of 3 times so far, 40 s left`"""
    parts = [f"Fault {fault['number']}: {fault['kind']}"]
    parts[0] += f" on {fault['operation']}" if fault["operation"] != "*" else ""
    parts[0] += f" of {fault['scope']}" if fault.get("scope") else ""
    if fault["kind"] != FaultKind.MISSING_SCOPE:
        limit = f" of {fault['times']}" if fault.get("times") else ""
        parts.append(f"{fault['hits']}{limit} times so far")
    if fault["seconds_left"] is not None:
        parts.append(f"{fault['seconds_left']:g} s left")
    if not fault["active"]:
        parts.append("over")
    return ", ".join(parts)
