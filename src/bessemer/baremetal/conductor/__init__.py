"""The engine: ring, leases, journal, workers."""
