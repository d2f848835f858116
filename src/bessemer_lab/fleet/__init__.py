"""Fleets: thousands of simulated machines in one process, with BMCs that speak true IPMI 2.0."""
