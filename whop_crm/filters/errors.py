"""What is wrong with a filter."""

from difflib import get_close_matches

from whop_crm.errors import InvalidInput


class BadFilter(InvalidInput):
    """`field` is the place in the tree: `where.all.2.value`. A filter with an error matches nobody, never everybody."""

    def at(self, place: str) -> "BadFilter":
        return BadFilter(str(self), place)


def unknown(kind: str, said: str, known: dict[str, str]) -> BadFilter:
    """`known`: key to the name people read. Names the nearest by either, where one is near."""
    shown = said if len(said) <= 80 else said[:79] + "…"
    by_word = {word.casefold(): key for key, name in known.items() for word in (key, name)}
    near = get_close_matches(said.casefold()[:200], by_word, 1, 0.5)
    if not near:
        return BadFilter(f"There is no {kind} “{shown}”.")
    key = by_word[near[0]]
    name = known[key]
    meant = f"“{name}”" if name == key else f"“{name}” ({key})"
    return BadFilter(f"There is no {kind} “{shown}”. Did you mean {meant}?")
