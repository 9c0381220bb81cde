"""Screens over the browser: each is given what it needs and closes with a wish."""
