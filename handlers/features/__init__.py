"""One module a subject: its buttons, forms and windows."""
