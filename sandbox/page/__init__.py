"""The sandbox in the browser: a page where a person uses the bot, reads its mail and watches its traffic."""

from sandbox.page.desk import Step
from sandbox.page.page import DEFAULT_PORT, Page

__all__ = ["DEFAULT_PORT", "Page", "Step"]
