"""A practice world: stand-ins for Slack, Microsoft's sign-in and the mail servers, on this
machine's loopback only."""
