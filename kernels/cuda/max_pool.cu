// Max pooling: y[n, p, q, c] = max of x over window (p, q); every pixel that equals it gets its gradient.
//
// Source: cuda-convnet, layer type pool, pool=max.
// A thread has V channels: of a window (forward), or of a pixel, which gathers from all windows that see it.

#include "_window.cuh"

// Whether a value is larger, or not a number: that must not be lost.
__device__ inline bool exceeds(A value, A other) { return !(value <= other) && other == other; }

extern "C" __global__ void forward(const T* x, T* y, Index groups) {
    FOR_EACH(i, groups) {
        A largest[V];
        bool is_first = true;
        for_pixels(spot_of<P, Q, C>(i), [&](Index index) {
            Group pixel = pack_at(x, index);
#pragma unroll
            for (int v = 0; v < V; ++v) {
                A value = wide(pixel.values[v]);
                if (is_first || exceeds(value, largest[v])) largest[v] = value;
            }
            is_first = false;
        });
        put_pack(y + i * V, largest, false);
    }
}

extern "C" __global__ void backward(const T* x, const T* y, const T* dy, T* dx, const T* gate, Index groups,
                                    bool accumulate) {
    FOR_EACH(i, groups) {
        Group pixel = pack_at(x, i * V);
        A sums[V] = {};
        for_windows(spot_of<H, W, C>(i), [&](Index window, int, int) {
            Group largest = pack_at(y, window), gradient = pack_at(dy, window);
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (wide(pixel.values[v]) == wide(largest.values[v])) sums[v] += wide(gradient.values[v]);
        });
        put_gated(dx, i * V, sums, accumulate, gate);
    }
}
