"""Backups: everything that an installation holds, encrypted, for either database to be restored from."""
