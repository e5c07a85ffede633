"""All that outlives an exchange, bounded and expiring."""
