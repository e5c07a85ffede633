"""A model as a judge of answers: against a written rubric, and only as far as it agrees with people."""
