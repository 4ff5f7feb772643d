"""Claims about speed and about error rates, each with its command."""
