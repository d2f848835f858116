"""What is raised for octets that are no IPMI, or not for whom they came to."""


class Malformed(ValueError):
    """The octets break the format; the message says which part of it."""
