"""The sidecar for any ASGI server: `uvicorn sidecar.app:app`. `shield serve` leaves more politely."""

from pathlib import Path

from shield.hosts.app import create_app
from shield.hosts.settings import load

app = create_app(load(Path(__file__).with_name("sidecar.toml")))
