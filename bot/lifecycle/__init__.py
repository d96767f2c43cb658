"""Where an account stands, whose turn it is, and when somebody is reminded."""
