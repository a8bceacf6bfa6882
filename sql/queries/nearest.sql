-- Which images have the vectors, of a width and by the same weights, with the largest cosine? None of `ours`.
SELECT image_id AS image, 1 - (vector::halfvec(%(width)s) <=> %(vector)s::halfvec(%(width)s)) AS similarity
FROM hub_embedding
WHERE vector_dims(vector) = %(width)s AND weights_sha256 = %(weights)s AND image_id <> ALL (%(ours)s::bigint[])
ORDER BY vector::halfvec(%(width)s) <=> %(vector)s::halfvec(%(width)s) LIMIT %(most)s
