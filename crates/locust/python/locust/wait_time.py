"""How long a user waits: the old place of these names."""
from .user.wait_time import between, constant, constant_pacing, constant_throughput, poisson
