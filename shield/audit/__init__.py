"""Replay attack and benign corpora; judge the result against the false-positive budget."""
