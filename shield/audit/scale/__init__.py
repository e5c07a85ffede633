"""Scoring and auditing more than one process holds: batches in, columns out."""
