"""campaign-bot: collection campaigns run from Slack."""

__version__ = "0.1.0"
