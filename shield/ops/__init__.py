"""Running a guard: its live policy, what it counts and records, how it is steered."""
