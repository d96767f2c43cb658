"""The connection probe: what the mail servers say, step by step."""
