"""Disguises of a text, by idea; `shield.audit.mutate` names and weighs them."""
