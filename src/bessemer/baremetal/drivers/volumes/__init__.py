"""Storage interfaces of machines that use volumes over a storage network."""
