// Bed of nails: keeps one pixel of each square.
//
//     y[n, p, q, c] = x[n, TOP + p·DOWN, LEFT + q·RIGHT, c]
//
// x, dx (N, H, W, C); y, dy (N, P, Q, C). One thread a value of y forward, a value of dx backward.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q), p = pixel / Q % P, q = pixel % Q;
        y[i] = x[((n * H + TOP + p * DOWN) * W + LEFT + q * RIGHT) * C + i % C];
    }
}

extern "C" __global__ void backward(const T* dy, T* dx, Index count, bool accumulate) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (H * W);
        const int row = int(pixel / W % H) - TOP, column = int(pixel % W) - LEFT;
        const bool kept = row >= 0 && column >= 0 && row % DOWN == 0 && column % RIGHT == 0;
        put(dx + i, kept ? wide(dy[((n * P + row / DOWN) * Q + column / RIGHT) * C + i % C]) : A(0), accumulate);
    }
}
