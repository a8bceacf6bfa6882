"""Moderation: reports, first looks, takedowns, suspensions, appeals, doubts, and the log of who decided what."""
