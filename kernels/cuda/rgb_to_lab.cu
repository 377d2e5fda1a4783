// Colours as people see their differences: CIE L*a*b*.
//
// x, y (N, H, W, 3). One thread a pixel.

#include "_common.cuh"

__device__ A seen(A light) {
    const A knee = A(6.0 / 29 * 6 / 29 * 6 / 29);
    return light > knee ? cbrt(light) : light * A(29.0 / 6 * 29 / 6 / 3) + A(4.0 / 29);
}

extern "C" __global__ void forward(const T* x, T* y, Index count, bool centred) {
    FOR_EACH(i, count) {
        const A r = wide(x[3 * i]), g = wide(x[3 * i + 1]), b = wide(x[3 * i + 2]);
        const A fx = seen(A(0.49) * r + A(0.31) * g + A(0.2) * b);
        const A fy = seen(A(0.17697) * r + A(0.8124) * g + A(0.01063) * b);
        const A fz = seen(A(0.01) * g + A(0.99) * b);
        y[3 * i] = narrow<T>(A(116) * fy - A(centred ? 66 : 16));
        y[3 * i + 1] = narrow<T>(A(500) * (fx - fy));
        y[3 * i + 2] = narrow<T>(A(200) * (fy - fz));
    }
}
