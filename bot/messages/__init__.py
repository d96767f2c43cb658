"""What people are told: the notices, and their delivery through the outbox."""
