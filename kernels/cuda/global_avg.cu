// Global average pooling: the mean of each map.
//
//     y[n, c] = Σ_p x[n, p, c] / PIXELS,    dx[n, p, c] = dy[n, c] / PIXELS
//
// x, dx (N, PIXELS, C); y, dy (N, C). Forward one thread a map, so that neighbours read neighbouring channels;
// backward one thread a value of dx.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const T* map = x + i / C * PIXELS * C + i % C;
        A sum = 0;
        for (Index p = 0; p < PIXELS; ++p) sum += wide(map[p * C]);
        y[i] = narrow<T>(sum / PIXELS);
    }
}

extern "C" __global__ void backward(const T* dy, T* dx, Index count, bool accumulate) {
    FOR_EACH(i, count) put(dx + i, wide(dy[i / C / PIXELS * C + i % C]) / PIXELS, accumulate);
}
