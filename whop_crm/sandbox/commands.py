"""`whop-crm sandbox …`: run a Whop platform on this machine, and make things happen on it."""

import logging
from typing import Annotated, Any

import typer

from whop_crm.config import settings
from whop_crm.sandbox.asking import Url, call, sandbox_folder, stop
from whop_crm.sandbox.fault_commands import fault_app, fault_line

sandbox_app = typer.Typer(
    no_args_is_help=True,
    help="A Whop platform on this machine: run it, and make things happen on it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
sandbox_app.add_typer(fault_app, name="fault")

Company = Annotated[str | None, typer.Option(help="A company: id or part of its name. The main one by default.")]
Member = Annotated[str | None, typer.Option(help="A member: id, email or part of the name. Chosen when not given.")]
Count = Annotated[int, typer.Option(min=1, max=500, help="How many times.")]
Plan = Annotated[str | None, typer.Option(help="A plan: id or part of its title.")]
Text = Annotated[str | None, typer.Option(help="What is said.")]
Reason = Annotated[str | None, typer.Option(help="Why, in the member's words.")]


def _act(name: str, url: str | None, **wish: Any) -> None:
    sent = {key: value for key, value in wish.items() if value is not None}
    for line in call("POST", f"/commands/{name}", sent, url)["lines"]:
        typer.echo(line)


@sandbox_app.command()
def start(
    members: Annotated[int, typer.Option(help="Members of the main company, 50 to 50,000; of a new world.")] = 2500,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 1,
    pace: Annotated[float, typer.Option(min=0, help="Events a minute; 0 stands still.")] = 20.0,
    port: Annotated[int | None, typer.Option(help="SANDBOX_PORT by default.")] = None,
    app_url: Annotated[str | None, typer.Option(help="Where the app runs. APP_URL by default.")] = None,
    frame_port: Annotated[int | None, typer.Option(help="Show the app inside Whop's frame on this port.")] = None,
) -> None:
    """Run the sandbox until Ctrl-C. Its world is made on the first start and kept."""
    from whop_crm.sandbox.server import Options, serve

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    own = settings()
    port = port or own.sandbox_port
    options = Options(
        app_origin=(app_url or own.origin).rstrip("/"),
        origin=f"http://127.0.0.1:{port}",
        members=members,
        seed=seed,
        pace=pace,
        frame_port=frame_port,
    )
    try:
        serve(sandbox_folder(), options, port=port)
    except (OSError, ValueError) as error:
        stop(str(error))


@sandbox_app.command()
def status(url: Url = None) -> None:
    """What is here, and whether webhooks arrive."""
    found = call("GET", "/status", url=url)
    for company in found["companies"]:
        typer.echo(
            f"{company['title']} ({company['id']}): {company['members']:,} members, "
            f"{company['active']:,} active memberships"
        )
    typer.echo(f"Pace: {found['pace']:g} events a minute. Made {found['created_at'][:16].replace('T', ' ')} UTC.")
    held = " Deliveries are held." if found["deliveries"]["held"] else ""
    typer.echo(f"Webhooks waiting: {found['deliveries']['waiting']}.{held}")
    for hook in found["webhooks"]:
        state = f"failing since {hook['failing_since']}" if hook["failing_since"] else "well"
        typer.echo(f"{hook['url']} ({hook['id']}): {state if hook['enabled'] else 'disabled'}")
    for fault in found["faults"]:
        typer.echo(fault_line(fault))


@sandbox_app.command()
def people(url: Url = None) -> None:
    """Who may be signed in as."""
    for group in call("GET", "/people", url=url):
        typer.echo(group["title"])
        for person in group["people"]:
            typer.echo(f"  {person['role']:<10} {person['name']} ({person['user_id']})")


@sandbox_app.command()
def token(
    person: Annotated[str, typer.Argument(help="User id, member, email or part of the name.")],
    access: Annotated[bool, typer.Option("--access", help="An OAuth access token, not an iframe user token.")] = False,
    company: Company = None,
    url: Url = None,
) -> None:
    """Print a token of a person: what Whop's frame would send, or what OAuth would give."""
    wish = {"person": person, "kind": "access" if access else "user", "company": company}
    typer.echo(call("POST", "/token", wish, url)["token"])


@sandbox_app.command()
def frame(
    websockets: Annotated[bool | None, typer.Option(help="Let websockets through, or refuse them.")] = None,
    lifetime: Annotated[int | None, typer.Option(help="Seconds a user token lasts; negative: it is over.")] = None,
    url: Url = None,
) -> None:
    """Say where the app runs inside Whop's frame, and change what the frame does."""
    now = call("POST", "/frame", {"websockets": websockets, "lifetime": lifetime}, url)
    if now["url"] is None:
        stop("This sandbox runs without a frame. Start it with `make demo`, or with --frame-port.")
    passes = "pass" if now["websockets"] else "are refused"
    typer.echo(f"Open {now['url']} · tokens last {now['lifetime']} s · websockets {passes}")


@sandbox_app.command("rotate-keys")
def rotate_keys(url: Url = None) -> None:
    """Sign with a new key from now on; the app must find out by itself."""
    typer.echo(f"Tokens are signed with key {call('POST', '/keys/rotate', url=url)['kid']} from now on")


@sandbox_app.command()
def pace(
    events: Annotated[float, typer.Argument(min=0, help="Events a minute; 0 stands still.")], url: Url = None
) -> None:
    """Let life go on faster or slower."""
    typer.echo(f"Life goes on at {call('POST', '/pace', {'pace': events}, url)['pace']:g} events a minute")


@sandbox_app.command()
def hold(url: Url = None) -> None:
    """Hold webhooks back; they wait."""
    call("POST", "/deliveries/hold", url=url)
    typer.echo("Webhooks are held back until `whop-crm sandbox release`")


@sandbox_app.command()
def release(url: Url = None) -> None:
    """Deliver webhooks again, those that waited first."""
    call("POST", "/deliveries/release", url=url)
    typer.echo("Webhooks are delivered again")


@sandbox_app.command()
def join(plan: Plan = None, member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """Somebody new buys a plan; with --member, that member buys one more."""
    _act("join", url, plan=plan, member=member, company=company, count=count)


@sandbox_app.command()
def renew(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A renewal is charged."""
    _act("renew", url, member=member, company=company, count=count)


@sandbox_app.command()
def cancel(
    member: Member = None,
    reason: Reason = None,
    now: Annotated[bool, typer.Option("--now", help="End access at once, not with the period.")] = False,
    company: Company = None,
    count: Count = 1,
    url: Url = None,
) -> None:
    """A membership is canceled."""
    _act("cancel-now" if now else "cancel", url, member=member, text=reason, company=company, count=count)


@sandbox_app.command()
def uncancel(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A scheduled cancellation is taken back."""
    _act("uncancel", url, member=member, company=company, count=count)


@sandbox_app.command("fail-payment")
def fail_payment(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A renewal charge is declined."""
    _act("fail-payment", url, member=member, company=company, count=count)


@sandbox_app.command("recover-payment")
def recover_payment(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A failed charge goes through after all."""
    _act("recover-payment", url, member=member, company=company, count=count)


@sandbox_app.command()
def refund(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A recent payment is given back."""
    _act("refund", url, member=member, company=company, count=count)


@sandbox_app.command()
def dispute(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A recent payment is disputed at the bank."""
    _act("dispute", url, member=member, company=company, count=count)


@sandbox_app.command()
def upgrade(
    plan: Plan = None, member: Member = None, company: Company = None, count: Count = 1, url: Url = None
) -> None:
    """A membership moves to another plan."""
    _act("upgrade", url, plan=plan, member=member, company=company, count=count)


@sandbox_app.command()
def pause(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """Payments of a membership are paused."""
    _act("pause", url, member=member, company=company, count=count)


@sandbox_app.command()
def resume(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """Paused payments go on."""
    _act("resume", url, member=member, company=company, count=count)


@sandbox_app.command()
def leave(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A member leaves for good."""
    _act("leave", url, member=member, company=company, count=count)


@sandbox_app.command()
def visit(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A member opens the content."""
    _act("visit", url, member=member, company=company, count=count)


@sandbox_app.command()
def post(text: Text = None, member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A post in a forum."""
    _act("post", url, text=text, member=member, company=company, count=count)


@sandbox_app.command()
def comment(
    text: Text = None, member: Member = None, company: Company = None, count: Count = 1, url: Url = None
) -> None:
    """A comment on a recent post."""
    _act("comment", url, text=text, member=member, company=company, count=count)


@sandbox_app.command()
def chat(text: Text = None, member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A chat message."""
    _act("chat", url, text=text, member=member, company=company, count=count)


@sandbox_app.command()
def lesson(member: Member = None, company: Company = None, count: Count = 1, url: Url = None) -> None:
    """A member completes the next lesson of a course."""
    _act("lesson", url, member=member, company=company, count=count)
