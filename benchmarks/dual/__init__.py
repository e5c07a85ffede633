"""Ground truths of a benchmark as plans for the controller."""
