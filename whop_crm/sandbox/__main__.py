"""`python -m whop_crm.sandbox start`: the same commands as `whop-crm sandbox`."""

from whop_crm.sandbox.commands import sandbox_app

sandbox_app(prog_name="whop-crm sandbox")
