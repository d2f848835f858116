"""Hardware plug-ins."""
