// Windows that slide over pictures: P × Q of them, SIZE_H × SIZE_W pixels each, STRIDE_H and STRIDE_W apart, the
// first at START_H, START_W. Only pixels inside the picture of H × W count.

#include "_pictures.cuh"

// Windows see at most so many pixels at once, and a pixel is seen by at most so many windows along an axis; loops
// over them are unrolled where they are short.
constexpr int SEEN_H = (SIZE_H + STRIDE_H - 1) / STRIDE_H, SEEN_W = (SIZE_W + STRIDE_W - 1) / STRIDE_W;
constexpr int PIXELS_AT_ONCE = SIZE_H * SIZE_W <= 25 ? SIZE_H : 1, WINDOWS_AT_ONCE = SEEN_H * SEEN_W <= 9 ? SEEN_H : 1;

// Calls work(index) for the group of each pixel of the picture that a window sees.
template <typename Work>
__device__ inline void for_pixels(const Spot& window, Work work) {
#pragma unroll PIXELS_AT_ONCE
    for (int i = 0; i < SIZE_H; ++i)
#pragma unroll
        for (int j = 0; j < SIZE_W; ++j) {
            int row = window.row * STRIDE_H + START_H + i, column = window.column * STRIDE_W + START_W + j;
            if (row >= 0 && row < H && column >= 0 && column < W)
                work(index_of<H, W, C>(window.n, row, column, window.channel));
        }
}

// Calls work(index, row, column) for the group of each window that sees a pixel.
template <typename Work>
__device__ inline void for_windows(const Spot& pixel, Work work) {
    int last_row = pixel.row - START_H, last_column = pixel.column - START_W;
    if (last_row < 0 || last_column < 0) return;
    last_row /= STRIDE_H;
    last_column /= STRIDE_W;
#pragma unroll WINDOWS_AT_ONCE
    for (int i = SEEN_H - 1; i >= 0; --i)
#pragma unroll
        for (int j = SEEN_W - 1; j >= 0; --j) {
            int row = last_row - i, column = last_column - j;
            bool sees = row >= 0 && row < P && row * STRIDE_H + START_H + SIZE_H > pixel.row;
            sees = sees && column >= 0 && column < Q && column * STRIDE_W + START_W + SIZE_W > pixel.column;
            if (sees) work(index_of<P, Q, C>(pixel.n, row, column, pixel.channel), row, column);
        }
}

// How many pixels of the picture a window sees along an axis.
__device__ inline int seen(int window, int extent, int size, int stride, int start) {
    int first = window * stride + start;
    return min(first + size, extent) - max(first, 0);
}
