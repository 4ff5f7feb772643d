"""The process: what keeps passes going, and the only folder that knows kopf."""
