def pytest_configure(config):
    config.addinivalue_line("markers", "proof: other people's readers open what the hub packs (dependency group proof)")
