"""The tests mirror the rooms. Hypothesis runs without a deadline here: machines differ in speed."""

from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
