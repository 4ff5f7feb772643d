from hypothesis import settings

# A busy machine is no failure: what is too slow is a matter for benchmarks/.
settings.register_profile("canary-operator", deadline=None)
settings.load_profile("canary-operator")
