"""The policy: data that people write, its digest, and the lock that calibration derives."""
