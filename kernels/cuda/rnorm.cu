// Response normalisation within each map.
//
//     y[p, q] = x[p, q] · d[p, q]^−POWER,    d[p, q] = MINIMUM + SHARE · Σ x²
//     dx = dy · d^−POWER − 2 · POWER · SHARE · x · Σ dy · x · d^(−POWER − 1)
//
// The sum is over the SIZE × SIZE pixels from (p − ⌊SIZE/2⌋, q − ⌊SIZE/2⌋) on (forward), or over those whose
// window holds the pixel (backward), as far as they are inside the picture. SHARE = scale / SIZE².
//
// Source: cuda-convnet, layer type rnorm.
// A thread has V channels of a pixel; its neighbours come from the cache.

#define SIZE_H SIZE
#define SIZE_W SIZE
#define STRIDE_H 1
#define STRIDE_W 1
#define START_H (-(SIZE / 2))
#define START_W (-(SIZE / 2))
#define P H
#define Q W
#include "_window.cuh"

extern "C" __global__ void forward(const T* x, T* denominators, T* y, Index groups) {
    FOR_EACH(i, groups) {
        A sums[V] = {}, responses[V];
        for_pixels(spot_of<H, W, C>(i), [&](Index index) {
            Group pixel = pack_at(x, index);
#pragma unroll
            for (int v = 0; v < V; ++v) sums[v] += wide(pixel.values[v]) * wide(pixel.values[v]);
        });
        Group pixel = pack_at(x, i * V);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            sums[v] = A(MINIMUM) + A(SHARE) * sums[v];
            responses[v] = wide(pixel.values[v]) * pow(sums[v], A(-POWER));
        }
        put_pack(denominators + i * V, sums, false);
        put_pack(y + i * V, responses, false);
    }
}

extern "C" __global__ void backward(const T* x, const T* denominators, const T* dy, T* dx, Index groups,
                                    bool accumulate) {
    FOR_EACH(i, groups) {
        A sums[V] = {};
        for_windows(spot_of<H, W, C>(i), [&](Index other, int, int) {
            Group pixel = pack_at(x, other), base = pack_at(denominators, other), gradient = pack_at(dy, other);
#pragma unroll
            for (int v = 0; v < V; ++v)
                sums[v] += wide(gradient.values[v]) * wide(pixel.values[v]) *
                           pow(wide(base.values[v]), A(-POWER - 1));
        });
        Group pixel = pack_at(x, i * V), base = pack_at(denominators, i * V), gradient = pack_at(dy, i * V);
#pragma unroll
        for (int v = 0; v < V; ++v)
            sums[v] = wide(gradient.values[v]) * pow(wide(base.values[v]), A(-POWER)) -
                      A(2 * POWER * SHARE) * wide(pixel.values[v]) * sums[v];
        put_pack(dx + i * V, sums, accumulate);
    }
}
