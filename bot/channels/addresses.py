"""Email addresses: whether one can be written to at all, by syntax alone."""

from __future__ import annotations

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email


@lru_cache(maxsize=65_536)
def is_valid_email(text: str) -> bool:
    """Say whether `text` is one email address by its syntax (RFC 5321); no DNS is asked."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
