"""Routes that carry the weights."""
