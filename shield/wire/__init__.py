"""Bytes ↔ core types. Sans-io: no framework, no socket."""
