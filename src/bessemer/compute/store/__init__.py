"""The compute room's SQL, one file per noun."""
