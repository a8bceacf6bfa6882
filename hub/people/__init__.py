"""People: what they agree to, are credited with, are told, take along, and leave behind."""
