"""Running the hub: what waits, failed or is paused; quotas, audits and backups; and numbers for whoever watches."""
