"""How Slack reaches us and how we reach Slack."""
