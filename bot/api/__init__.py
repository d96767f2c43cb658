"""What the vendor's product may ask for, and do, about the mailboxes that are connected."""
