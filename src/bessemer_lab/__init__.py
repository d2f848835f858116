"""Virtual racks: machines (QEMU), BMCs (IPMI) and switches (Open vSwitch) with real protocols."""
