"""Verdicts that people found wrong, and the golden set that they become once a second person agrees."""
