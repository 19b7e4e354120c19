"""A page of the site; see its view."""
