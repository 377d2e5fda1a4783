// Mirror: left becomes right.
//
//     to[n, p, q, c] = from[n, p, W − 1 − q, c]
//
// Pictures (N, H, W, C). One thread a value; the gradient is mirrored in the same way.

#include "_common.cuh"

extern "C" __global__ void mirror(const T* from, T* to, Index count, bool accumulate) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, column = pixel % W;
        put(to + i, wide(from[(pixel - column + W - 1 - column) * C + i % C]), accumulate);
    }
}
