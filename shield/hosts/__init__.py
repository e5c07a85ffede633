"""Hosts: thin shells that carry out outcomes and never look at text."""
