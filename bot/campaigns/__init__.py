"""Use cases on campaigns, one file each: they own the transaction, and know no Slack and no provider."""
