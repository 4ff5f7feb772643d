"""The language users speak."""
