"""IPMI spoken in this process: thousands of BMCs by a few UDP sockets and no program to start."""
