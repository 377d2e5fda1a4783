// Average pooling: y[n, p, q, c] = mean of x over the pixels of window (p, q) that are inside the picture,
// or their sum where TOTAL is 1.
//
// Source: cuda-convnet, layer type pool, pool=avg; cuda-convnet2, sum=true.
// A thread has V channels: of a window (forward), or of a pixel, which gathers from all windows that see it.

#include "_window.cuh"

// 1 / the number of pixels of a window, 1 for sums.
__device__ inline A share(int row, int column) {
    if (TOTAL) return A(1);
    return A(1) / (seen(row, H, SIZE_H, STRIDE_H, START_H) * seen(column, W, SIZE_W, STRIDE_W, START_W));
}

extern "C" __global__ void forward(const T* x, T* y, Index groups) {
    FOR_EACH(i, groups) {
        Spot window = spot_of<P, Q, C>(i);
        A sums[V] = {};
        for_pixels(window, [&](Index index) {
            Group pixel = pack_at(x, index);
#pragma unroll
            for (int v = 0; v < V; ++v) sums[v] += wide(pixel.values[v]);
        });
        A factor = share(window.row, window.column);
        for (A& sum : sums) sum *= factor;
        put_pack(y + i * V, sums, false);
    }
}

extern "C" __global__ void backward(const T* dy, T* dx, const T* gate, Index groups, bool accumulate) {
    FOR_EACH(i, groups) {
        A sums[V] = {};
        for_windows(spot_of<H, W, C>(i), [&](Index window, int row, int column) {
            Group gradient = pack_at(dy, window);
            A factor = share(row, column);
#pragma unroll
            for (int v = 0; v < V; ++v) sums[v] += wide(gradient.values[v]) * factor;
        });
        put_gated(dx, i * V, sums, accumulate, gate);
    }
}
