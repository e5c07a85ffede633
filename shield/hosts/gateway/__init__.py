"""The gateway: a reverse proxy to configured model APIs, behind the same middleware as any application."""
