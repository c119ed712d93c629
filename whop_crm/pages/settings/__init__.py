"""The settings of a company, and one's own sessions: a page a section."""
