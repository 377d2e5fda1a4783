// Pooling of the pixel with the largest absolute value: y[n, p, q, c] = the x of window (p, q) of the largest |x|,
// the first of several; every pixel that equals it gets its gradient.
//
// Source: cuda-convnet2, layer type pool, pool=maxabs.
// A thread has V channels: of a window (forward), or of a pixel, which gathers from all windows that see it.

#include "_window.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index groups) {
    FOR_EACH(i, groups) {
        A kept[V] = {};
        for_pixels(spot_of<P, Q, C>(i), [&](Index index) {
            Group pixel = pack_at(x, index);
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (fabs(wide(pixel.values[v])) > fabs(kept[v])) kept[v] = wide(pixel.values[v]);
        });
        put_pack(y + i * V, kept, false);
    }
}

extern "C" __global__ void backward(const T* x, const T* y, const T* dy, T* dx, Index groups, bool accumulate) {
    FOR_EACH(i, groups) {
        Group pixel = pack_at(x, i * V);
        A sums[V] = {};
        for_windows(spot_of<H, W, C>(i), [&](Index window, int, int) {
            Group kept = pack_at(y, window), gradient = pack_at(dy, window);
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (wide(pixel.values[v]) == wide(kept.values[v])) sums[v] += wide(gradient.values[v]);
        });
        put_pack(dx + i * V, sums, accumulate);
    }
}
