"""A node's provisioning: states, transitions, verbs, and the plan of work."""
