"""The image room's SQL, and the files that hold the images' bytes."""
