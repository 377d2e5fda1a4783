"""Kernels of cuDNN: each is a graph that is built for one geometry, for bfloat16 with float32 sums.

A module has functions of the same names as its twin in kernels/cuda. They make the kernel for the shapes of
its arrays by port, or return None where the twin is to be used.
"""
