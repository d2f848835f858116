"""The API's document (OpenAPI 3.1) and its reference page, both read off the tables."""
