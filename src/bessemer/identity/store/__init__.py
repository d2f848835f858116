"""The identity room's SQL, one file per noun."""
