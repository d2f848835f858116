"""Network interface `neutron`: VLANs by ports of the network service, each wait read back."""
