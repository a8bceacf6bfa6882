"""A few lines of code for every file of a model: how to ask it."""

from collections.abc import Sequence

PICTURE = """from predict import read  # delivered beside the model

image = read("photo.jpg")[None]  # upright RGB of any size, 0 to 255; any other reader will do"""
BLOCKS = {
    "model-float16.tflite": (
        "LiteRT, the smallest to install and the quickest to start (`pip install ai-edge-litert numpy pillow`)",
        """from predict import load

model = load("model-float16.tflite")  # or model-int8.tflite: half the size, four times as fast, a little less exact
print(model.predict("photo.jpg")[:5])""",
    ),
    "model.keras": (
        "Keras",
        f"""import keras
{PICTURE}
model = keras.saving.load_model("model.keras")
print(model.predict(image))""",
    ),
    "saved_model.zip": (
        "SavedModel (unzip it first)",
        f"""import tensorflow as tf
{PICTURE}
model = tf.saved_model.load("saved_model")
print(model.serve(tf.constant(image)))""",
    ),
    "model.onnx": (
        "ONNX",
        f"""import onnxruntime
{PICTURE}
model = onnxruntime.InferenceSession("model.onnx")
print(model.run(None, {{"image": image}})[0])""",
    ),
}
COMMAND = """```sh
python predict.py photo.jpg folder_of_photos --top 3
python predict.py folder_of_photos --csv answers.csv --model model-int8.tflite
```"""


def text(files: Sequence[str]) -> str:
    """Code blocks for those of the files that are models; the answers stand in the order of labels.txt."""
    found = [f"{title}:\n\n```python\n{code}\n```" for name, (title, code) in BLOCKS.items() if name in files]
    return "\n\n".join((COMMAND, *found))
