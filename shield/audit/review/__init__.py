"""What the events of a week say: triggers, drift, and whether thresholds should be chosen again."""
