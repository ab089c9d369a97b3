"""Use cases about our own people: who somebody is, what they may do, what the workspace has settled."""
