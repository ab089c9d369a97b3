"""A local Slack workspace, and what catches mail, SMS and letters, for tests and demo. Imports nothing of the bot."""

from sandbox.errors import ApiError, NeverHappened, NotOnScreen, SandboxError
from sandbox.letter_folder import LetterFolder
from sandbox.letters import LetterCatcher, PostedLetter
from sandbox.mail import Caught, MailCatcher
from sandbox.mailbox import Mailbox
from sandbox.sandbox import Sandbox
from sandbox.sms import Sms, SmsCatcher

__all__ = [
    "ApiError",
    "Caught",
    "LetterCatcher",
    "LetterFolder",
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
