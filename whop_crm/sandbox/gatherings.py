"""Two years of posts, comments and chat: who spoke when comes from the lives, what hangs on what is decided here."""

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from whop_crm.sandbox import texts
from whop_crm.sandbox.bulk import BulkChange
from whop_crm.sandbox.clock import DAY, iso
from whop_crm.sandbox.companies import Company
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.lifetimes import Life
from whop_crm.sandbox.shapes import community as shapes

POSTS, COMMENTS, MESSAGES = 0.08, 0.22, 0.55
"""Per week of access, for the keenest person of a small community."""
RECENT = 25

Intent = tuple[str, str, Doc]


@dataclass
class Gathering:
    """What was said in one company, in order of time; `volume` damps large worlds."""

    company: Company
    volume: float
    intents: list[Intent] = field(default_factory=list)

    def listen(self, life: Life, person: Doc) -> None:
        """Note when this person spoke, and that they were here then."""
        keen = life.engagement**2 * self.volume
        latest = ""
        for span in life.spans:
            weeks = (span.end - span.start) / (7 * DAY)
            for what, rate in (("post", POSTS), ("comment", COMMENTS), ("message", MESSAGES)):
                for at in _moments(life.rng, weeks * rate * keen, span.start, span.end, span.fading):
                    self.intents.append((iso(at), what, person))
                    latest = max(latest, iso(at))
        member = life.change.get("member", life.member_id)
        if latest > (member["last_accessed_at"] or ""):
            member["last_accessed_at"] = latest

    def announce(self, owner: Doc, start: datetime, end: datetime) -> None:
        """The owner writes once a week."""
        at = start + DAY
        while at < end:
            self.intents.append((iso(at), "announcement", owner))
            at += 7 * DAY

    def write(self, change: BulkChange, rng: random.Random) -> None:
        """Turn the intents into posts and messages."""
        self.intents.sort(key=lambda each: each[:2])
        forums = [change.get("forum", each) for each in self.company.forums]
        channels = [change.get("chat_channel", each) for each in self.company.channels]
        recent: deque[Doc] = deque()
        said: deque[str] = deque(maxlen=8)
        for at, what, person in self.intents:
            if what == "message":
                self._message(change, rng, rng.choice(channels), person, at, said)
            elif what == "comment":
                if recent:
                    parent = recent[-1 - int(len(recent) * rng.random() ** 2)]
                    change.put("forum_post", self._comment(change, rng, parent, person, at))
            else:
                recent.append(self._post(change, rng, rng.choice(forums), person, at, what == "announcement"))
                if len(recent) > RECENT:
                    change.put("forum_post", recent.popleft())
        for doc in recent:
            change.put("forum_post", doc)
        self.intents.clear()

    def _post(self, change: BulkChange, rng: random.Random, forum: Doc, person: Doc, at: str, official: bool) -> Doc:
        title, body = rng.choice(texts.ANNOUNCEMENTS) if official else (
            rng.choice(texts.POST_TITLES), rng.choice(texts.POST_BODIES))  # fmt: skip
        views = rng.randrange(8, 400)
        shown = title if official or rng.random() < 0.8 else None
        return shapes.forum_post(
            change.new_id("forum_post"), forum, person, body, at, title=shown,
            like_count=int(views * rng.random() * 0.2), view_count=views, is_poster_admin=official,
            is_pinned=official and rng.random() < 0.05,
        )  # fmt: skip

    def _comment(self, change: BulkChange, rng: random.Random, parent: Doc, person: Doc, at: str) -> Doc:
        parent["comment_count"] += 1
        place = {"_account_id": parent["_account_id"], "experience": {"id": parent["_experience_id"]}}
        return shapes.forum_post(
            change.new_id("forum_post"), place, person, rng.choice(texts.COMMENTS), at, parent_id=parent["id"],
            like_count=rng.randrange(4), view_count=rng.randrange(5, 90),
        )  # fmt: skip

    def _message(
        self, change: BulkChange, rng: random.Random, channel: Doc, person: Doc, at: str, said: deque[str]
    ) -> None:
        reply = rng.choice(said) if said and rng.random() < 0.12 else None
        reactions = [{"emoji": rng.choice(("🔥", "👏", "❤️", "😂")), "count": rng.randrange(1, 9)}]
        doc = shapes.message(
            change.new_id("message"), channel, person, rng.choice(texts.MESSAGES), at, replying_to_message_id=reply,
            reaction_counts=reactions if rng.random() < 0.15 else [], is_pinned=False,
        )  # fmt: skip
        said.append(doc["id"])
        change.put("message", doc)


def _moments(
    rng: random.Random, expected: float, start: datetime, end: datetime, fading: datetime | None
) -> list[datetime]:
    """About `expected` moments between the two, hardly any once interest fades."""
    number = int(expected) + (rng.random() < expected % 1)
    found: list[datetime] = []
    for _ in range(number):
        at = start + (end - start) * rng.random()
        if fading is None or at < fading or rng.random() < 0.1:
            found.append(at)
    return found
