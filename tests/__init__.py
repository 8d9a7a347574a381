"""The tests mirror the rooms. Hypothesis runs without a deadline here: machines differ in speed.

Where `CI` is set the examples are the same in every run, so that a change is blamed for what it
broke; elsewhere they are new each time, which is how faults are found.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("steady")
