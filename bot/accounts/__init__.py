"""Accounts and customers, and how far they are."""
