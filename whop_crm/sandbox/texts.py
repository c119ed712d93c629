"""What invented people say: posts, comments, chat, and why they leave."""

CANCEL_REASONS: dict[str, tuple[str | None, ...]] = {
    "too_expensive": (
        "Taking a break this winter",
        "Need to cut subscriptions for now",
        None,
        "Price went past my budget",
    ),
    "switching": ("Moving to a smaller group", None, "Trying something else for a while"),
    "missing_features": ("I hoped for more live sessions", "No evening calls in my time zone", None),
    "technical_issues": ("The app keeps signing me out on my phone", "Videos would not load", None),
    "bad_experience": ("Chat got too noisy for me", None),
    "unused": ("I just don't find the time", "Haven't opened it in weeks", "New job, no time", None, None),
    "testing": ("Only wanted to look around", None),
    "other": ("Moving abroad", "Back in spring, hopefully", None, "Baby on the way"),
}
CANCEL_WEIGHTS = {"too_expensive": 30, "unused": 28, "switching": 9, "missing_features": 10, "technical_issues": 6,
                  "bad_experience": 4, "testing": 5, "other": 8}  # fmt: skip

POST_TITLES = (
    "My first green month", "How do you size positions?", "Week in review", "What I changed after a bad streak",
    "Journaling, three months in", "Question about the opening range", "A small win today", "Rules I broke this week",
    "Looking for an accountability partner", "Notes from today's session", "Best time of day for you?",
    "From demo to real money", "What helped me stop overtrading", "Thoughts on last night's call",
)  # fmt: skip
POST_BODIES = (
    "Kept it to two setups and walked away by eleven. Boring, and it worked.",
    "I wrote down every entry for thirty days. Here is what surprised me: most losses came after lunch.",
    "Half size until I have five clean days in a row. Anyone else doing this?",
    "The replay of Tuesday's session is worth watching twice, the part about waiting in particular.",
    "I keep moving my stop. Today I did not, and it saved me.",
    "Finished the risk chapter and redid my whole plan. Happy to share the sheet.",
    "Red day, but I followed the plan. That counts for more than the number.",
    "Long post, sorry: what I wish someone had told me when I joined.",
    "Is anyone else watching the small caps this week?",
)  # fmt: skip
COMMENTS = (
    "This is great, thanks for sharing.", "Same here, took me months to see it.", "Could you post the sheet?",
    "Well done, keep going.", "I needed to read this today.", "Which setup was it?", "Agreed.", "Saved for later.",
    "How long did that take you?", "Following this.", "Nice one 👏", "That last sentence.",
)  # fmt: skip
MESSAGES = (
    "Morning all", "gm ☕", "Anyone in on the retest?", "Out at break-even, done for today", "That was quick",
    "What time is the call?", "Link please?", "Thanks, found it", "Watching the 9:45 candle", "No trade for me today",
    "Replay is up", "Patience paid off 🎯", "Who's joining tonight?", "Back after a week off", "Good session everyone",
    "Can someone explain the second entry?", "Small size, small stress", "😂", "Have a good weekend",
)  # fmt: skip
ANNOUNCEMENTS = (
    ("This week's plan", "Levels, calendar and what we will not trade. Read it before Monday's open."),
    ("Office hours on Thursday", "Bring one trade you are unsure about. We look at as many as time allows."),
    ("New chapter in the course", "The part on risk has been recorded again from the start, with worked examples."),
    ("Welcome to everyone who joined this week", "Say hello below and tell us what you want to get better at."),
    ("Recording of the live session", "It is in the library now, with time stamps."),
)
