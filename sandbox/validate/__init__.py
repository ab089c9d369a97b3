"""Slack's published rules for what an app may send, as tables and pure functions. Nothing here keeps state."""

from sandbox.validate.acks import check_ack
from sandbox.validate.methods import check_call
from sandbox.validate.problem import Problem

__all__ = ["Problem", "check_ack", "check_call"]
