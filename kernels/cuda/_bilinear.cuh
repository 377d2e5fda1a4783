// Places between two pixels, and how near they are to the second; doubles, as on the CPU.

#pragma once
#include "_common.cuh"

struct Between {
    int first, second;
    A nearness;
};

// Where pixel `place` of `places` lies among `whole` pixels.
__device__ inline Between between(int place, int places, int whole, double scale) {
    const double at = place * scale + (whole - places * scale) / 2;
    const double kept = fmin(fmax(at, 0.0), fmax(0.0, whole - 1.01));
    const int first = int(kept);
    return {first, min(first + 1, whole - 1), A(kept - first)};
}

// The value between four pixels of a picture of `width` columns; `x` is its channel of the first pixel.
__device__ inline A bilinear(const T* x, Between row, Between column, int width, int channels) {
    A values[2];
    for (int side = 0; side < 2; ++side) {
        const T* pixels = x + (Index)(side ? column.second : column.first) * channels;
        const A upper = wide(pixels[(Index)row.first * width * channels]);
        const A lower = wide(pixels[(Index)row.second * width * channels]);
        values[side] = upper * (1 - row.nearness) + lower * row.nearness;
    }
    return values[0] * (1 - column.nearness) + values[1] * column.nearness;
}
