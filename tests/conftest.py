import os

from hypothesis import settings

# A busy machine is no failure: what is too slow is a matter for benchmarks/.
settings.register_profile("canary-operator", deadline=None)
# While somebody waits: `make check`.
settings.register_profile("quick", deadline=None, max_examples=20)
# Many more worlds than a check has time for, as docs/invariants.md tells.
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "canary-operator"))
