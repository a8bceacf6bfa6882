from django.db import models

from hub.models.image import Image


class Embedding(models.Model):
    """What a pretrained network makes of a live image, as one vector of length 1, to find others like it.

    The column `vector` is SQL's own (`sql/schema/0007_neighbours.sql`): halfvec where Postgres has pgvector, else the
    same numbers as bytes; null where the picture could not be read. Goes when the image is withdrawn.
    """

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="embedding")
    backbone = models.CharField(max_length=20)
    weights_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.image_id} by {self.backbone}"


class Neighbour(models.Model):
    """`other` is among the pictures most like `image`, by the cosine of their vectors. Both are live.

    `near`: more so than a quarter of all neighbours when it was written; only then does its label say anything.
    """

    pk = models.CompositePrimaryKey("image_id", "other_id")
    image = models.ForeignKey(Image, models.CASCADE, related_name="neighbours", db_index=False)
    other = models.ForeignKey(Image, models.CASCADE, related_name="+")
    similarity = models.FloatField()
    near = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.other_id} is like {self.image_id} ({self.similarity:.2f})"
