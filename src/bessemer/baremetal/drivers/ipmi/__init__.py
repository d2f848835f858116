"""Power and boot device by IPMI: natively, or through the `ipmitool` program."""
