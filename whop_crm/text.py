"""Text as it is compared, without case and accents, and as it may be stored."""

import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def fold(text: str) -> str:
    """One line in lower case without accents: `Zoë Ångström` → `zoe angstrom`. Folding twice changes nothing."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    return one_line("".join(letter for letter in decomposed if not unicodedata.combining(letter)))


def one_line(text: str) -> str:
    """Storable text with single spaces and none at the ends."""
    return " ".join(storable(text).split())


def storable(text: str) -> str:
    """Without what PostgreSQL or a screen cannot hold: NUL, lone surrogates and other control characters."""
    return "".join(letter for letter in text if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cs"))


def like(text: str) -> str:
    """The text within a LIKE pattern: its own `%`, `_` and `\\` stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
