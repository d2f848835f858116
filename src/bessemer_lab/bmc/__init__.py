"""A machine's management controller: IPMI 2.0 over UDP."""
