"""Invented people: names from many places, some missing, some odd, so that screens meet what they will meet."""

import random
import unicodedata
from dataclasses import dataclass

_FIRST = """
Ava Noah Mia Liam Zoe Ethan Chloe Mason Ruby Caleb Hazel Owen Nora Felix Iris Jonah Tessa Wyatt Paige Desmond
Ines Mateo Lucía Diego Camila Thiago Valentina Joaquín Renata Bruno Luana Rafael Beatriz Otávio Marina Ignacio
Amélie Théo Léonie Hugo Maëlle Bastien Giulia Matteo Chiara Lorenzo Alessia Davide Jonas Leonie Lukas Annika Moritz
Freya Sven Astrid Mikkel Ingrid Emil Saoirse Cillian Aoife Rhys Eilidh Callum Katarzyna Piotr Zofia Mateusz Eszter
Bence Oksana Taras Daryna Andriy Milica Stefan Elif Emre Zeynep Kerem Ayşe Ozan Farah Idris Layla Omar Salma Yusuf
Amara Chidi Ngozi Tunde Zainab Kwame Abena Kofi Wanjiru Kamau Thandiwe Sipho Naledi Tariku Selam Priya Arjun Ananya
Rohan Kavya Vikram Meera Dev Nisha Farhan Ayesha Bilal Hana Haruto Yui Ren Aoi Sora Minjun Seoyeon Jihoon Minh Linh
Anh Thao Wei Jia Mei Hao Siti Rizky Dewi Bayu Aroha Tama Lani Keoni Leilani Nathaniel Gwendolyn Percival Odette
""".split()  # noqa: SIM905 - 200 quoted names would be unreadable

_LAST = """
Whitaker Lindqvist Okafor Marsh Brennan Castellano Novak Dubois Hartmann Kowalski Petrov Ferreira Almeida Rossi Conti
Moreau Lefèvre García Hernández Quiroga Vargas Ibáñez Sørensen Bergström Nilsen Virtanen de Vries van Dijk Janssen
Müller Schröder Weiß Krüger Steiner Nowak Wiśniewska Horváth Szabó Shevchenko Kovalenko Jovanović Yılmaz Demir Kaya
Haddad Nasser Khalil Mansour Adeyemi Nwosu Balogun Mensah Boateng Owusu Mwangi Otieno Dlamini Nkosi Tesfaye Sharma
Iyer Kapoor Banerjee Reddy Chaudhry Siddiqui Rahman Tanaka Yamamoto Kobayashi Park Choi Kim Nguyen Tran Pham Chen
Zhang Liu Santoso Wijaya Parata Kealoha Ellsworth Thorne Ashdown Pemberton Oakley Fairchild Rowntree Holloway Stroud
Vance Delacroix Montgomery Beaumont Larkin Sinclair MacLeod O'Connell Fitzgerald Llewellyn Abernathy Winslow Carver
""".split()  # noqa: SIM905 - as above

_RIGHT_TO_LEFT = (
    "محمد الحسيني",
    "سارة عبد الرحمن",
    "ליאור כהן",
    "נועה לוי",
    "علیرضا کریمی",
    "فاطمة الزهراء بنت يوسف",
    "דניאל בן־דוד",
)
_EMOJI = ("🚀 Jaxon", "Mila 🌸", "🐺 WolfOfBrixton", "✨Sol✨", "Dre 📈", "🇧🇷 Caio", "👩‍🚀 Nova", "🧠")
_LONG = (
    "Maximiliana Konstantina Papadopoulou-Vandenberghe von und zu Hohenstein-Lichtenfels",
    "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh Cholmondeley-Marjoribanks III",
    "Srinivasa Venkataraghavan Balasubramanian Narayanaswamy Krishnamurthy Ramachandran",
)  # fmt: skip
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
_PARTS = {"de": "de ", "van": "van "}


@dataclass(frozen=True)
class Invented:
    """`name` and `email` may be None, as on Whop."""

    name: str | None
    username: str
    email: str | None


def invent(rng: random.Random) -> Invented:
    """A person. About 4 % have no name, 3 % no email, a few a name that is right to left, an emoji or very long."""
    name = _name(rng)
    username = username_of(name, rng)
    shown = None if rng.random() < 0.04 else name
    email = None if rng.random() < 0.03 else f"{username}@{rng.choice(_DOMAINS)}"
    return Invented(shown, username, email)


def _name(rng: random.Random) -> str:
    odd = rng.random()
    if odd < 0.02:
        return rng.choice(_RIGHT_TO_LEFT)
    if odd < 0.03:
        return rng.choice(_EMOJI)
    if odd < 0.034:
        return rng.choice(_LONG)
    first = rng.choice(_FIRST)
    if odd < 0.08:
        return first
    last = rng.choice(_LAST)
    if last in _PARTS:
        last = _PARTS[last] + rng.choice(_LAST)
    return f"{first} {last}"


def username_of(name: str, rng: random.Random) -> str:
    """`inesokafor4821`: plain letters of the name and a number that keeps it apart from others."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    letters = "".join(each for each in plain if each.isalpha())[:16] or rng.choice(("trader", "guest", "nova", "sol"))
    return f"{letters}{rng.randrange(1_000_000)}"


def initials(name: str | None, username: str) -> str:
    """One or two letters for a picture."""
    words = [word for word in (name or username).split() if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper() or (name or username)[:1].upper()
