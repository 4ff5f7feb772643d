"""A Kubernetes operator that ships a new version a little at a time and takes it back by itself."""
