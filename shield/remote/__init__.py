"""The one outgoing HTTP client besides the gateway's, and the models behind it."""
