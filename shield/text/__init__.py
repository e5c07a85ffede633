"""Bounded views of a text, each with a map back to the source."""
