"""Hardware type `fake-hardware`: machines that exist in this process only, for tests and rehearsal."""
