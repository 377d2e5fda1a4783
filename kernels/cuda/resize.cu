// Bilinear resize.
//
//     y[p, q] = x at (s(p), s(q)),    s(p) = p · scale + (H − P · scale) / 2, kept between 0 and H − 1.01
//
// x (N, H, W, C), y (N, P, Q, C). One thread a value of y; places are doubles, as on the CPU.

#include "_common.cuh"

// A place between two pixels, and how near it is to the second.
struct Between {
    int first, second;
    A nearness;
};

__device__ Between between(int place, int places, int whole, double scale) {
    const double at = place * scale + (whole - places * scale) / 2;
    const double kept = fmin(fmax(at, 0.0), fmax(0.0, whole - 1.01));
    const int first = int(kept);
    return {first, min(first + 1, whole - 1), A(kept - first)};
}

extern "C" __global__ void forward(const T* x, T* y, double scale, Index count) {
    FOR_EACH(i, count) {
        const Index pixel = i / C, n = pixel / (P * Q);
        const Between row = between(pixel / Q % P, P, H, scale), column = between(pixel % Q, Q, W, scale);
        const T* picture = x + n * H * W * C + i % C;
        A values[2];
        for (int side = 0; side < 2; ++side) {
            const T* pixels = picture + (Index)(side ? column.second : column.first) * C;
            const A upper = wide(pixels[(Index)row.first * W * C]), lower = wide(pixels[(Index)row.second * W * C]);
            values[side] = upper * (1 - row.nearness) + lower * row.nearness;
        }
        y[i] = narrow<T>(values[0] * (1 - column.nearness) + values[1] * column.nearness);
    }
}
