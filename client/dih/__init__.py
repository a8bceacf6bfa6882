"""The client of Deep Images Hub."""
