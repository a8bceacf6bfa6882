"""Demand: what people wait for, what is lacking, and who hears of it."""
