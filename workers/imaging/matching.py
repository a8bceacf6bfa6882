"""Whether two renditions show one scene: local features agreeing on one geometry. For grouping, never refusing."""

import cv2
import numpy as np
import simplejpeg

INLIERS, SHARE = 15, 0.35  # FINDINGS: two false pairs in 839,160, both one leaf photographed twice
FEATURES, RATIO, REPROJECTION = 500, 0.75, 5.0  # keypoints a picture, Lowe's ratio, pixels


def same_scene(a: bytes, b: bytes) -> bool:
    """Two rendition JPEGs show one scene: ORB matches that RANSAC fits to one homography, as they are or mirrored."""
    grey_a, grey_b = (simplejpeg.decode_jpeg(data, "GRAY")[..., 0] for data in (a, b))
    ours = _features(grey_a)
    return _agree(ours, _features(grey_b)) or _agree(ours, _features(cv2.flip(grey_b, 1)))


def _features(grey: np.ndarray):
    points, descriptors = cv2.ORB.create(FEATURES).detectAndCompute(grey, None)
    return np.array([point.pt for point in points], np.float32), descriptors


def _agree(a, b) -> bool:
    (points_a, words_a), (points_b, words_b) = a, b
    if words_a is None or words_b is None or min(len(words_a), len(words_b)) < INLIERS:
        return False
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(words_a, words_b, k=2)
    good = [one for one, other in pairs if one.distance < RATIO * other.distance]
    if len(good) < INLIERS:
        return False
    cv2.setRNGSeed(1)  # RANSAC draws; the same two pictures must always get the same answer
    source, target = points_a[[m.queryIdx for m in good]], points_b[[m.trainIdx for m in good]]
    _, kept = cv2.findHomography(source, target, cv2.RANSAC, REPROJECTION)
    inliers = 0 if kept is None else int(kept.sum())
    return inliers >= INLIERS and inliers >= SHARE * len(good)
