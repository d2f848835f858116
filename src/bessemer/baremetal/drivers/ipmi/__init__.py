"""Power and boot device by IPMI, through the `ipmitool` program."""
