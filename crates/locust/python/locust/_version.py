"""The version of Locust whose interface this is."""
version = "2.47.0"
__version__ = version
version_tuple = __version_tuple__ = (2, 47, 0)
