"""Network interfaces `neutron` and `flat`: by ports of the network service, each wait read back."""
