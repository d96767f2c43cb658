"""The stand-ins for the mail servers: IMAP over TLS and SMTP submission with STARTTLS."""
