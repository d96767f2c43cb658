"""Lumen CRM: a small product that uses the mailboxes that Maildesk connects. An example to copy."""
