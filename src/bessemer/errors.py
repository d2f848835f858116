"""What can go wrong, in words; knows no HTTP. `bessemer.web.errors` says which status each family gets."""


class BessemerError(Exception):
    """Anything that the product itself reports. The message is for people and names the next step."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(BessemerError):
    """The request makes no sense as it stands; sending it again will not help."""


class Unauthorized(BessemerError):
    """Nobody is logged in, or the credentials are wrong. `challenge` tells programs how to log in."""

    def __init__(self, message: str, challenge: str = "") -> None:
        super().__init__(message)
        self.challenge = challenge


class Forbidden(BessemerError):
    """Who asks is known, and may not do this."""


class NotFound(BessemerError):
    """There is no such thing, or who asks may not see it."""


class MethodNotAllowed(BessemerError):
    """The thing exists, but not with this verb."""


class NotAcceptable(BessemerError):
    """The API version asked for does not offer this."""


class Conflict(BessemerError):
    """The request is sound, but the present state forbids it; it may work later."""


class ChangedMeanwhile(BessemerError):
    """The thing is not any more what the request takes it for; look again, then decide."""


class TooLarge(BessemerError):
    """The request's body is over the limit."""


class Unavailable(BessemerError):
    """Nobody can do this now: no conductor, no room, shutting down. Try again later."""


class Transient(BessemerError):
    """A fault of the outside world that trying again may cure: a lost packet, a busy BMC."""


class HardwareFailure(BessemerError):
    """A machine, BMC or switch refused or misbehaved; trying again as it stands will not help."""


class ConfigurationError(BessemerError):
    """A setting is wrong: the message names the setting and the remedy."""
