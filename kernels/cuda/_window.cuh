// Windows that slide over pictures: P × Q of them, SIZE_H × SIZE_W pixels each, STRIDE_H and STRIDE_W apart, the
// first at START_H, START_W. Only pixels inside the picture of H × W count.

#include "_pictures.cuh"

// Numbers from `first` to before `last`.
struct Range {
    int first, last;
};

// The pixels of a window along one axis, clipped to the picture.
__device__ inline Range pixels_of(int window, int extent, int size, int stride, int start) {
    int first = window * stride + start;
    return {max(first, 0), min(first + size, extent)};
}

// The windows that see a pixel along one axis.
__device__ inline Range windows_of(int pixel, int places, int size, int stride, int start) {
    int reach = pixel - start;
    int first = reach - size < 0 ? 0 : (reach - size) / stride + 1;
    return {first, reach < 0 ? 0 : min(reach / stride + 1, places)};
}

__device__ inline Range rows_of(int window) { return pixels_of(window, H, SIZE_H, STRIDE_H, START_H); }
__device__ inline Range columns_of(int window) { return pixels_of(window, W, SIZE_W, STRIDE_W, START_W); }
__device__ inline Range windows_of_row(int row) { return windows_of(row, P, SIZE_H, STRIDE_H, START_H); }
__device__ inline Range windows_of_column(int column) { return windows_of(column, Q, SIZE_W, STRIDE_W, START_W); }
