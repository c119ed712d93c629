"""The transitions themselves, by subject; `whop_crm.sandbox.transitions` is their front door."""
