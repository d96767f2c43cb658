"""Microsoft's sign-in service: client, credentials, tokens, identity."""
