"""`campaign-bot demo`: the real bot on embedded defaults, in a local Slack that is a page in the browser."""

from bot.demo.once import play_once
from bot.demo.page import show_page

__all__ = ["play_once", "show_page"]
