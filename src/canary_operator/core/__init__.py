"""What we decide: no I/O, no clock, no logger, no randomness."""
