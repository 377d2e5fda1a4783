"""Kernels for NVIDIA GPUs: the same names and keywords as in kernels/cpu, on arrays of CuPy.

Each FAMILY.cu holds the kernels, and FAMILY.py beside it launches them: on CuPy's current stream, without
allocating or waiting, so that a step can be captured as a CUDA graph.

Numbers are float32, float64, or bfloat16 with float32 sums. A kernel is compiled for two types:

    T    what is as large as a batch (x, y, dx, dy, …), and the weights and biases that are read
    A    sums: dweights, dbiases, probabilities, averages, means and scales of batches, scratch arrays, and
         all that an optimiser has, but for the ``copy`` of the weights in T that it writes where T is not A

T is A but for bfloat16. What may change from step to step is read from memory: see kernels.control.
"""
