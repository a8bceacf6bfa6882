-- Keep the vector of an image, unless it was withdrawn meanwhile.
INSERT INTO hub_embedding (image_id, backbone, weights_sha256, vector)
SELECT id, %(backbone)s, %(weights)s, %(vector)s FROM hub_image WHERE id = %(image)s AND withdrawn_at IS NULL
ON CONFLICT (image_id) DO UPDATE
SET backbone = excluded.backbone, weights_sha256 = excluded.weights_sha256, vector = excluded.vector
