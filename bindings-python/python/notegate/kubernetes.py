"""Pod manifests as facts, read as the API server and the runtimes would read them."""

from ._native import PodError, PodFacts, image, is_gpu, pod, quantity

__all__ = ["PodError", "PodFacts", "image", "is_gpu", "pod", "quantity"]
