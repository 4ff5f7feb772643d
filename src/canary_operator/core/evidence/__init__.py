"""How the canary is judged: statistics, nothing else. `judge.py` is the door; `docs/statistics.md` has the reasons."""
