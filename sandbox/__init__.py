"""A local Slack workspace and a mail catcher, for tests and the demo. Imports nothing of the bot."""

from sandbox.errors import ApiError, NeverHappened, NotOnScreen, SandboxError
from sandbox.letters import LetterCatcher, PostedLetter
from sandbox.mail import Caught, MailCatcher
from sandbox.mailbox import Mailbox
from sandbox.sandbox import Sandbox
from sandbox.sms import Sms, SmsCatcher

__all__ = [
    "ApiError",
    "Caught",
    "LetterCatcher",
    "MailCatcher",
    "Mailbox",
    "NeverHappened",
    "NotOnScreen",
    "PostedLetter",
    "Sandbox",
    "SandboxError",
    "Sms",
    "SmsCatcher",
]
