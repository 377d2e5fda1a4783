// Colours as brightness and two differences.
//
// x, y (N, H, W, 3). One thread a pixel.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const A r = wide(x[3 * i]), g = wide(x[3 * i + 1]), b = wide(x[3 * i + 2]);
        y[3 * i] = narrow<T>(A(0.2126) * r + A(0.7152) * g + A(0.0722) * b);
        y[3 * i + 1] = narrow<T>(A(-0.09991) * r - A(0.33609) * g + A(0.436) * b);
        y[3 * i + 2] = narrow<T>(A(0.615) * r - A(0.55861) * g - A(0.05639) * b);
    }
}
