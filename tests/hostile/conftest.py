from tests.hub.conftest import _empty_cache, browser, supplier

__all__ = ["_empty_cache", "browser", "supplier"]
