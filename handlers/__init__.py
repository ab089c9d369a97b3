"""Slack, and Slack alone: a payload becomes one use case and some blocks."""
