"""The parts of the evasion matrix: its cases, the runs, the sums and the picture."""
