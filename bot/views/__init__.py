"""What cards and pages show: frozen values, made inside the bot."""
