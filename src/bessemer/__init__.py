"""The Bessemer server: a bare metal cloud behind the OpenStack APIs."""
