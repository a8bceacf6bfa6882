"""Train, try and export image classifiers. Knows neither Django nor the hub; loads Keras only when called."""
