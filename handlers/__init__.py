"""How people and the outside reach the bot."""
