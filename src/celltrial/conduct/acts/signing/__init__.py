"""Acts that wait for the signature of another person, and the signatures given to them."""
