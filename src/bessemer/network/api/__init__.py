"""Neutron's v2.0 API."""
