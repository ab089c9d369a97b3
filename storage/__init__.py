"""Tables and the named queries on them. Nothing here commits, and nothing here knows Slack or a provider."""
