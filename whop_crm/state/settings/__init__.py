"""The settings pages of one tab: company, team, tags, sessions."""
