// Max pooling: y[n, p, q, c] = max of x over window (p, q); every pixel that equals it gets its gradient.
//
// Source: cuda-convnet, layer type pool, pool=max.
// A thread has V channels: of a window (forward), or of a pixel, which gathers from all windows that see it.

#include "_window.cuh"

// Whether a value is larger, or not a number: that must not be lost.
__device__ inline bool exceeds(T value, T other) { return !(wide(value) <= wide(other)) && wide(other) == wide(other); }

extern "C" __global__ void forward(const T* x, T* y, Index groups) {
    FOR_EACH(i, groups) {
        Spot at = spot_of<P, Q, C>(i);
        Range rows = rows_of(at.row), columns = columns_of(at.column);
        Group largest;
        for (int row = rows.first; row < rows.last; ++row)
            for (int column = columns.first; column < columns.last; ++column) {
                Group pixel = pack_at(x, index_of<H, W, C>(at.n, row, column, at.channel));
                bool is_first = row == rows.first && column == columns.first;
#pragma unroll
                for (int v = 0; v < V; ++v)
                    if (is_first || exceeds(pixel.values[v], largest.values[v])) largest.values[v] = pixel.values[v];
            }
        pack_at(y, i * V) = largest;
    }
}

extern "C" __global__ void backward(const T* x, const T* y, const T* dy, T* dx, Index groups, bool accumulate) {
    FOR_EACH(i, groups) {
        Spot at = spot_of<H, W, C>(i);
        Range rows = windows_of_row(at.row), columns = windows_of_column(at.column);
        Group pixel = pack_at(x, i * V);
        A sums[V] = {};
        for (int row = rows.first; row < rows.last; ++row)
            for (int column = columns.first; column < columns.last; ++column) {
                Index window = index_of<P, Q, C>(at.n, row, column, at.channel);
                Group largest = pack_at(y, window), gradient = pack_at(dy, window);
#pragma unroll
                for (int v = 0; v < V; ++v)
                    if (wide(pixel.values[v]) == wide(largest.values[v])) sums[v] += wide(gradient.values[v]);
            }
        put_pack(dx + i * V, sums, accumulate);
    }
}
