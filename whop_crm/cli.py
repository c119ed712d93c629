"""The commands: `whop-crm demo | run | worker | migrate | backup | restore | sync | api-key | doctor | sandbox …`."""

import os
import shlex
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from whop_crm.errors import CrmError
from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.say import say, tell
from whop_crm.runtime.words import sentence

SANDBOX = "sandbox"


class InWords(TyperGroup):
    """Whatever goes wrong in a way we foresee ends in one sentence and exit code 1.

    The sandbox's commands are loaded when they are asked for: no other command should wait for them.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), SANDBOX]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name != SANDBOX:
            return super().get_command(ctx, cmd_name)
        from whop_crm.sandbox.commands import sandbox_app

        group = typer.main.get_group(sandbox_app)
        group.name = SANDBOX
        return group

    def invoke(self, ctx: Any) -> Any:  # the context's type is Typer's private copy of click's
        try:
            return super().invoke(ctx)
        except CrmError as error:
            words = str(error)
        except BrokenPipeError:
            raise
        except OSError as error:
            words = sentence(error, "going on", error.filename or ROOT)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None
        say(words)
        raise typer.Exit(1)


app = typer.Typer(
    cls=InWords,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Whop CRM: the member relationship app for creators on Whop.",
)


@app.callback()
def in_the_checkout(context: typer.Context) -> None:
    """Paths in settings, .env and Reflex's own files start at the checkout, wherever the command was typed."""
    context.obj = Path.cwd()
    if (ROOT / "rxconfig.py").is_file():
        os.chdir(ROOT)


@app.command()
def demo(
    env: bool = typer.Option(False, "--env", help="Print the settings of the running demo, for `eval`, and end."),
) -> None:
    """Serve the app with a database and a Whop of its own; nothing needs to be set up."""
    from whop_crm.runtime.demo import demo as serve_demo
    from whop_crm.runtime.demo import running_environment

    if not env:
        return serve_demo()
    for name, value in running_environment().items():
        tell(f"export {name}={shlex.quote(value)}")
    return None


@app.command()
def run(
    migrate: bool = typer.Option(True, help="Migrate first, where the owner's URL is known."),
    clock: bool | None = typer.Option(None, "--clock/--no-clock", help="Offer to run the clock too (CLOCK)."),
) -> None:
    """Serve the app with the settings of the environment and .env."""
    from whop_crm.runtime.environment import adopt
    from whop_crm.runtime.run import run as serve

    if clock is not None:
        adopt({"CLOCK": str(clock).lower()})
    serve(migrating=migrate)


@app.command()
def worker(migrate: bool = typer.Option(False, help="Migrate first, where the owner's URL is known.")) -> None:
    """Run the clock alone, beside web processes with `--no-clock`. Needs a DATABASE_URL; ends at SIGTERM or Ctrl-C."""
    import asyncio

    from whop_crm.runtime.run import prepare_worker

    prepare_worker(migrating=migrate)
    from whop_crm.jobs.alone import work

    asyncio.run(work())


@app.command()
def build() -> None:
    """Build the front end if its sources have changed, so that the next start need not."""
    from whop_crm.config import settings
    from whop_crm.runtime.frontend import frontend_build
    from whop_crm.runtime.paths import data_folder

    with frontend_build(data_folder(settings().data_dir)) as started:
        started.wait()
    tell("The front end is built.")


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from whop_crm.config import settings
    from whop_crm.runtime.migrate import migrate as upgrade
    from whop_crm.runtime.paths import data_folder
    from whop_crm.runtime.roles import owner_url
    from whop_crm.runtime.run import database

    with database(data_folder(settings().data_dir)):
        upgrade(owner_url() or "")
    tell("The database is up to date.")


@app.command()
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Write every row of the database to a file, while the app may go on."""
    from whop_crm.runtime.backup import backup as write
    from whop_crm.runtime.run import owned_database

    with owned_database() as found:
        kept = write(found.database_owner_url or "", context.obj / file)
    tell(f"{file} holds {kept.rows:,} rows of {len(kept.tables)} tables, as of {kept.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    say("SECRET_KEY and the other settings are not in it: keep .env elsewhere. No other key opens Whop's tokens.")


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `whop-crm backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Lose what the database holds now.")] = False,
) -> None:
    """Fill the database from a backup: all of it, or nothing changes. Stop the app before."""
    from whop_crm.runtime.restore import restore as fill
    from whop_crm.runtime.run import owned_database

    with owned_database() as found:
        kept = fill(found.database_owner_url or "", found.database_url or "", context.obj / file, replace=replace)
    tell(f"The database is as it was on {kept.made_at:%Y-%m-%d at %H:%M:%S} UTC: {kept.rows:,} rows.")
    say("Start the app with the SECRET_KEY of that time, or everybody signs in anew.")


@app.command()
def sync(company: str = typer.Option(help="The company's id, biz_…")) -> None:
    """Read everything of a company from Whop, here and now. The exit code is 1 when it did not come to the end."""
    import asyncio

    from whop_crm import log
    from whop_crm.config import settings
    from whop_crm.jobs.sync_now import sync_now
    from whop_crm.runtime.paths import data_folder
    from whop_crm.runtime.run import database, prepare_database

    with database(data_folder(settings().data_dir)):
        prepare_database(settings())
        log.configure()
        done = asyncio.run(sync_now(company, tell))
    raise typer.Exit(0 if done else 1)


keys_app = typer.Typer(no_args_is_help=True, help="API keys of a company: make, list and revoke them.")
app.add_typer(keys_app, name="api-key")
Company = Annotated[str, typer.Option(help="The company's id, biz_…")]


@keys_app.command("create")
def create_key(
    company: Company,
    scopes: Annotated[str, typer.Option(help="What it may: read, write, export; separated by commas.")] = "read",
    name: Annotated[str, typer.Option(help="What it is for.")] = "Command line",
) -> None:
    """Make a key and print it. It is not shown again."""
    from whop_crm.jobs.keys_now import make

    _with_database(lambda: make(company, name, scopes, tell))


@keys_app.command("list")
def list_keys(company: Company) -> None:
    """List the company's keys."""
    from whop_crm.jobs.keys_now import show

    _with_database(lambda: show(company, tell))


@keys_app.command("revoke")
def revoke_key(
    company: Company, key: Annotated[int, typer.Option("--id", help="The key's number, as `list` shows it.")]
) -> None:
    """End a key: from now on it opens nothing."""
    from whop_crm.jobs.keys_now import revoke

    _with_database(lambda: revoke(company, key, tell))


def _with_database(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Does something with the database of the settings, here and now."""
    import asyncio

    from whop_crm.config import settings
    from whop_crm.runtime.paths import data_folder
    from whop_crm.runtime.run import database, prepare_database

    with database(data_folder(settings().data_dir)):
        prepare_database(settings())
        asyncio.run(work())


@app.command()
def doctor() -> None:
    """Say what is configured, reachable and missing. The exit code is 1 when something is at fault."""
    from whop_crm.runtime.doctor import Verdict, findings

    faulty = False
    for finding in findings():
        faulty = faulty or finding.verdict is Verdict.FAULT
        tell(str(finding))
    raise typer.Exit(1 if faulty else 0)


@app.command()
def reseal() -> None:
    """Seal Whop's tokens with the first key of SECRET_KEY, so that the ones behind it can go."""
    import asyncio

    from whop_crm.config import settings
    from whop_crm.jobs.resealing import reseal_now
    from whop_crm.runtime.environment import demand_key
    from whop_crm.runtime.paths import data_folder
    from whop_crm.runtime.run import database

    demand_key(settings())
    with database(data_folder(settings().data_dir)):
        found = asyncio.run(reseal_now())
    tell(f"{found.done} sign-ins' tokens were sealed anew.")
    if found.lost:
        say(f"No key of SECRET_KEY opens those of {found.lost} more. These sign-ins go on, and end here alone.")


@app.command()
def secret_key() -> None:
    """Print a new SECRET_KEY as a line for .env."""
    from whop_crm.runtime.generated import new_key

    tell(f"SECRET_KEY={new_key()}")
