"""One tree of errors. The text of a UserError is shown to people as it is, so it says how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Sequence


class BotError(Exception):
    """The root of everything the bot raises on purpose."""


class UserError(BotError):
    """Something the person can mend; `field` names the input it belongs to, where there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class FieldErrors(UserError):
    """Several inputs are wrong at once: `fields` maps each input's name to what is wrong with it."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()), next(iter(fields), None))
        self.fields = fields


class Conflict(UserError):
    """Somebody or something was there first; the present state is what counts."""


class NotFound(UserError):
    """No such row in the caller's workspace, or none that the caller may see: the two are never told apart."""


class NotAllowed(UserError):
    """The caller's role does not allow this."""


class AccessNeeded(NotAllowed):
    """The Slack person is not known to the bot, or has no access; `admins` are the Slack ids of whom to ask."""

    def __init__(self, admins: Sequence[str]) -> None:
        super().__init__("You do not have access to campaign-bot yet.")
        self.admins = tuple(admins)


class ConfigError(BotError):
    """The settings are wrong; `faults` lists every one with how to mend it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
