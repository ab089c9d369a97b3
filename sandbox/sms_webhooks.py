"""Twilio's signed webhooks: https://www.twilio.com/docs/usage/webhooks/webhooks-security."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode


def signature(url: str, fields: Mapping[str, str], token: str) -> str:
    """Return the X-Twilio-Signature of a form posted to `url`."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def post_signed(url: str, fields: Mapping[str, str], token: str) -> int:
    """Post a signed form; return the status of the answer, 0 where nobody listens or there is no address."""
    if not url:
        return 0
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Twilio-Signature": signature(url, fields, token),
    }
    request = urllib.request.Request(url, urlencode(fields).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
