"""What data is worth: which rows, classes and contributors helped."""

import lazy_loader

# Nothing is imported before it is asked for: a server never loads what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
