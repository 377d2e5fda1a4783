// Max pooling across maps.
//
//     y[…, f] = max_i x[…, f·STRIDE + i + START] over the maps that there are
//
// x, dx (…, C); y, dy (…, F). Forward one thread a value of y. Backward one thread a value of dx, which sums up
// the gradients of the windows whose maximum it is.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count) {
    FOR_EACH(i, count) {
        const int first = int(i % F) * STRIDE + START;
        const T* maps = x + i / F * C;
        A largest = wide(maps[max(first, 0)]);
        for (int c = max(first, 0) + 1; c < min(first + SIZE, C); ++c) {
            const A other = wide(maps[c]);
            if (other > largest || isnan(other)) largest = other;
        }
        y[i] = narrow<T>(largest);
    }
}

extern "C" __global__ void backward(
    const T* x, const T* y, const T* dy, T* dx, Index count, bool accumulate
) {
    FOR_EACH(i, count) {
        const int c = int(i % C) - START;
        A sum = 0;
        for (int f = c < SIZE ? 0 : (c - SIZE) / STRIDE + 1; f < F && f * STRIDE <= c; ++f) {
            const Index window = i / C * F + f;
            if (wide(y[window]) == wide(x[i])) sum += wide(dy[window]);
        }
        put(dx + i, sum, accumulate);
    }
}
