"""Running the hub: backups, what must not come back with them, and what watches over it."""
