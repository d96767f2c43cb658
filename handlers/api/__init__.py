"""The API of the vendor's product, over HTTP."""
