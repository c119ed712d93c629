"""The pages of segments: all of them, one, and the builder."""
