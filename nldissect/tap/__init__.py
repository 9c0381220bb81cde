"""The process that captures: beside the one that decodes, so that neither waits for the other.

It ends, and leaves files whole and no link behind, when it is told to, when its standard input
ends, which it does with the other process, and by SIGTERM.
"""
