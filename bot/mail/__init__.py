"""The mail servers: the steps of a connection test, and which folder is which."""
