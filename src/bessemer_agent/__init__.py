"""Runs in the deploy ramdisk: speaks IPA's protocol, inspects, writes and erases disks."""
