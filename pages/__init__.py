"""The pages of the app: one folder a page, thin, over ``pages.ui`` and ``cnn_core``."""
