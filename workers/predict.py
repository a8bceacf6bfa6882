"""Queue `predict`: what a model says of pictures somebody tries."""
