"""Kernels generated as vector code for exactly one geometry, through LLVM.

A kernel here is *built*: ``conv.forward(geometry …)`` returns a ``Generated``, which says what memory it
wants and which phases it runs in; binding it to arrays compiles it, or takes it from the code cache. What
cannot be built is None, and the NumPy kernel of the same name in kernels/cpu runs instead.

target.py    what the machine's vector registers are like
ir.py        writing LLVM's intermediate representation: loops, vectors, addresses
tile.py      the register tile: the one inner loop of convolutions, fully connected and local layers
generated.py what a kernel is before it is compiled, and when it is bound to arrays
code_cache.py machine code on the disk
drive.py     the native loop in which threads take groups of work
threads.py   the threads, and the sequences of phases that they run
"""
