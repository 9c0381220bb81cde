"""Dissect netlink: captures of Linux nlmon interfaces become trees of named bytes."""

__version__ = "0.1.0"
