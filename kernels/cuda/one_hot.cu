// Labels as vectors of 0 and 1.
//
//     y[n, k] = 1 where k = labels[n], else 0
//
// labels (N,) int, y (N, K). One thread a value of y.

#include "_common.cuh"

extern "C" __global__ void forward(const int* labels, T* y, Index count) {
    FOR_EACH(i, count) y[i] = narrow<T>(A(labels[i / K] == i % K));
}
