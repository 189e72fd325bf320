"""Convolab's core: images, kernels, architectures, inspection and training, without any user interface.

Submodules are imported on demand (``from cnn_core import kernels``), so a script that only needs the arithmetic of
convolution does not pay for importing torch.
"""
