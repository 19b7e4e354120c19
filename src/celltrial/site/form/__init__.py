"""A form on a page, made from the description of a command; read again by the same description."""
