"""Verify: can the BMC be reached, and does it obey? From `enroll` to `manageable`."""

from bessemer.baremetal.domain.provision.work import StepCall

STEPS = (StepCall("power", "verify"),)
