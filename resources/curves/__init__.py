"""Curves of other programs, which trainings are held against.

``cifar10-pytorch.csv``: network and recipe of ``cifar10.convnet`` in PyTorch, one seed, float32, on the same
pictures: each epoch's mean training loss, and the test error of the middle crops after it.
"""
