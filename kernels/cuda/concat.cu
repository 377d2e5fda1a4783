// Concatenation along the last axis, one array after the other.
//
//     y[…, START + c] = x[…, c]
//
// x, dx (…, C); y, dy (…, D). One thread a value of x, so that neighbours read and write side by side.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) y[i / C * D + START + i % C] = x[i];
}

extern "C" __global__ void backward(const T* dy, T* dx, Index count, bool accumulate) {
    FOR_EACH(i, count) put(dx + i, wide(dy[i / C * D + START + i % C]), accumulate);
}
