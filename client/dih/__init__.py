"""The client of Deep Images Hub: browse labels, give photos, fetch and verify datasets."""
