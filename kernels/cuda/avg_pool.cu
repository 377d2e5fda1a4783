// Average pooling: y[n, p, q, c] = mean of x over the pixels of window (p, q) that are inside the picture.
//
// Source: cuda-convnet, layer type pool, pool=avg.
// A thread has V channels: of a window (forward), or of a pixel, which gathers from all windows that see it.

#include "_window.cuh"

__device__ inline int count(int row, int column) {
    Range rows = rows_of(row), columns = columns_of(column);
    return (rows.last - rows.first) * (columns.last - columns.first);
}

extern "C" __global__ void forward(const T* x, T* y, Index groups) {
    FOR_EACH(i, groups) {
        Spot at = spot_of<P, Q, C>(i);
        Range rows = rows_of(at.row), columns = columns_of(at.column);
        A sums[V] = {};
        for (int row = rows.first; row < rows.last; ++row)
            for (int column = columns.first; column < columns.last; ++column) {
                Group pixel = pack_at(x, index_of<H, W, C>(at.n, row, column, at.channel));
#pragma unroll
                for (int v = 0; v < V; ++v) sums[v] += wide(pixel.values[v]);
            }
        A pixels = count(at.row, at.column);
        for (A& sum : sums) sum /= pixels;
        put_pack(y + i * V, sums, false);
    }
}

extern "C" __global__ void backward(const T* dy, T* dx, Index groups, bool accumulate) {
    FOR_EACH(i, groups) {
        Spot at = spot_of<H, W, C>(i);
        Range rows = windows_of_row(at.row), columns = windows_of_column(at.column);
        A sums[V] = {};
        for (int row = rows.first; row < rows.last; ++row)
            for (int column = columns.first; column < columns.last; ++column) {
                Group gradient = pack_at(dy, index_of<P, Q, C>(at.n, row, column, at.channel));
                A share = A(1) / count(row, column);
#pragma unroll
                for (int v = 0; v < V; ++v) sums[v] += wide(gradient.values[v]) * share;
            }
        put_pack(dx + i * V, sums, accumulate);
    }
}
