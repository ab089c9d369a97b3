"""Slack's Web API, a module a family of methods. `gateway` checks a call, then hands it to one of these functions."""

from sandbox.web_api import apps, chat, conversations, files, users, views
from sandbox.web_api.method import Method

METHODS: dict[str, Method] = {
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}
