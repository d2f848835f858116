"""HTTP machinery that every room shares."""
