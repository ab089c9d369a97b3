"""Pure builders of what Slack shows: values in, dicts out, no client, no database."""
