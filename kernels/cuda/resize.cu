// Bilinear resize.
//
//     y[p, q] = x at (s(p), s(q)),    s(p) = p · scale + (H − P · scale) / 2, kept between 0 and H − 1.01
//
// x (N, H, W, C), y (N, P, Q, C). One thread a value of y.

#include "_bilinear.cuh"

extern "C" __global__ void forward(const T* x, T* y, double scale, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q);
        const Between row = between(pixel / Q % P, P, H, scale), column = between(pixel % Q, Q, W, scale);
        y[i] = narrow<T>(bilinear(x + n * H * W * C + i % C, row, column, W, C));
    }
}
