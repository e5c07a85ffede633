"""`python -m shield`."""

from shield.cli import app

app()
