"""The stand-in for Slack: Web API, delivery to the bot, and a page to act on."""
