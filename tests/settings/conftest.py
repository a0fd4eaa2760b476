"""Property tests that take as long as the machine is busy, and are judged by their outcome only."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "settings", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("settings")
