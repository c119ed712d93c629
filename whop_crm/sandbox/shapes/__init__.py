"""New documents in Whop's wire shapes (`Api-Version-Date: 2026-10-15-1`), one function per object.

Shapes are those of `whop_sdk.types` 2.6.0; every declared field is there, null where it has no meaning here.
"""
