// Contrast normalisation within each map.
//
//     y = x · d^−power,    d = minimum + share · Σ c²,    c = x − mean of x
//     dx = g + e − Σ e / count,    g = dy · d^−power,    e = −2 · power · share · c · Σ g · x / d
//
// Sums and means are over the window of SIZE × SIZE pixels that begins SIZE / 2 pixels up and left of a pixel, as
// far as it is inside the picture; those of the gradient over the windows that a pixel lies in.
// Pictures (N, H, W, C). One thread a value; neighbours read neighbouring channels.

#include "_common.cuh"

struct Range { int first, end; };

// Returns the pixels of the window of `place`, or those whose windows it lies in.
__device__ Range around(int place, int extent, bool seeing) {
    const int first = seeing ? place - SIZE + SIZE / 2 + 1 : place - SIZE / 2;
    return {max(first, 0), min(first + SIZE, extent)};
}

// Returns Σ of `term` at the places of the values around value `i`.
template <typename Term>
__device__ A sum_around(Index i, bool seeing, Term term) {
    const Index pixel = i / C, picture = pixel / (H * W) * H;
    const Range rows = around(int(pixel / W % H), H, seeing), columns = around(int(pixel % W), W, seeing);
    A sum = 0;
    for (int row = rows.first; row < rows.end; ++row)
        for (int column = columns.first; column < columns.end; ++column)
            sum += term(((picture + row) * W + column) * C + i % C);
    return sum;
}

// Returns how many pixels of the window of value `i` are inside the picture.
__device__ int pixels_seen(Index i) {
    const Index pixel = i / C;
    const Range rows = around(int(pixel / W % H), H, false), columns = around(int(pixel % W), W, false);
    return (rows.end - rows.first) * (columns.end - columns.first);
}

extern "C" __global__ void contrast(const T* x, T* contrasts, Index count) {
    FOR_EACH(i, count) {
        const A sum = sum_around(i, false, [=](Index j) { return wide(x[j]); });
        contrasts[i] = narrow<T>(wide(x[i]) - sum / pixels_seen(i));
    }
}

extern "C" __global__ void respond(
    const T* x, const T* contrasts, T* denominators, T* y, double share, double power, double minimum, Index count
) {
    FOR_EACH(i, count) {
        const A energy = sum_around(i, false, [=](Index j) { return wide(contrasts[j]) * wide(contrasts[j]); });
        const A denominator = A(minimum) + A(share) * energy;
        denominators[i] = narrow<T>(denominator);
        y[i] = narrow<T>(wide(x[i]) * pow(denominator, A(-power)));
    }
}

extern "C" __global__ void pull_contrasts(
    const T* x, const T* contrasts, const T* denominators, const T* dy, A* dcontrasts, double share, double power,
    Index count
) {
    FOR_EACH(i, count) {
        const A pulled = sum_around(i, true, [=](Index j) {
            return wide(dy[j]) * wide(x[j]) * pow(wide(denominators[j]), A(-power - 1));
        });
        dcontrasts[i] = A(-2 * power * share) * wide(contrasts[i]) * pulled;
    }
}

extern "C" __global__ void pull(
    const T* denominators, const T* dy, const A* dcontrasts, T* dx, double power, Index count, bool accumulate
) {
    FOR_EACH(i, count) {
        const A of_means = sum_around(i, true, [=](Index j) { return dcontrasts[j] / pixels_seen(j); });
        put(dx + i, wide(dy[i]) * pow(wide(denominators[i]), A(-power)) + dcontrasts[i] - of_means, accumulate);
    }
}
