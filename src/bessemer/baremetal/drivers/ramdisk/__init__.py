"""Deploy interface `ramdisk`: the instance lives in memory, and no disk is written."""
