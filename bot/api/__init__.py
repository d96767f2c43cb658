"""What the vendor's product is told and asks: webhooks, and the list of what changed."""
