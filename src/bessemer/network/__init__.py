"""Neutron's job: networks, subnets, ports, DHCP, switches."""
