"""Review: people check each other's labels, and are measured by questions whose answer is known."""
