"""The injection encoder: composed texts → fitted graph → measures of the held part."""
