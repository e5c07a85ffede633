"""What a tool call is made of: what the tool does, and where its arguments come from."""
