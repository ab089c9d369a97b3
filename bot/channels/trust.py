"""Whom to trust where TLS is spoken: the certificates of the system."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def system_trust() -> ssl.SSLContext:
    """Return the system's certificates, read once a process: reading them takes 15 ms of CPU."""
    return ssl.create_default_context()
