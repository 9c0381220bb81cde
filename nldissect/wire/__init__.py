"""Bytes to spans: headers, attribute walk, byte order. No names, no I/O, no specification."""
