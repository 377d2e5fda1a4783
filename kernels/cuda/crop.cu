// Crop: a part of each picture.
//
//     y[n, p, q, c] = x[n, TOP + p, LEFT + q, c]
//
// x (N, H, W, C), y (N, P, Q, C). One thread a value of y.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const Index row = i / (Q * C), picture = row / P;
        y[i] = x[((picture * H + TOP + row % P) * W + LEFT) * C + i % (Q * C)];
    }
}
