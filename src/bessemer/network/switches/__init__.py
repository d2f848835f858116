"""Physical switches: what a driver must do, and the drivers."""
