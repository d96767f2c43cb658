"""The settings and the clouds they choose from."""
