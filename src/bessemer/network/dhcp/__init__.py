"""DHCP and TFTP by dnsmasq, one process per network."""
