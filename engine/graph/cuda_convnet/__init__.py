"""Reads the networks of cuda-convnet and cuda-convnet2: layers.cfg and layer-params.cfg."""
