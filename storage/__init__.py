"""What the bot remembers: tables, transactions, queries and encryption. SQL stands nowhere else."""
