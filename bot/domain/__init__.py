"""Pure rules on the standard library alone: no clock, no database, no Slack."""
