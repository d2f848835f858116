"""Machines without a BMC: their operator, or the agent that runs on them, does what a BMC would."""
