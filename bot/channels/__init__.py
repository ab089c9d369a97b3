"""The ways a message leaves: one vocabulary for every provider."""
