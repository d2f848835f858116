"""Nova's job: servers, flavors, key pairs, the scheduler."""
